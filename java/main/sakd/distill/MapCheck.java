package sakd.distill;

import java.util.List;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.model.NetworkSpec;
import sakd.model.OutputShapes;
import sakd.nn.Parameters;

/** Sees whether {@code --kd-map} has maps to compare. */
final class MapCheck {
  private MapCheck() {}

  /**
   * Refuses a plan whose teacher does not show where it sees a class, or whose networks' last
   * stages differ in size or have one place.
   */
  static void check(Plan plan, Dataset data) {
    if (plan.method().select(plan.weights().start()).map() == 0) {
      return;
    }
    String student = plan.model().name();
    String teacher = plan.teacherModel().annName();
    Parameters parameters = new Parameters(0);
    if (Pipeline.ann(plan.teacherModel(), data.channels(), data.classes(), parameters).classWeight()
        == null) {
      throw new UserError(
          "--kd-map reads from the weight of one linear layer, behind the mean of the last stage,"
              + " where a teacher sees a class, and "
              + teacher
              + " has more layers there; leave --kd-map out, or take a teacher such as resnet18");
    }
    OutputShapes.Map goal = lastStage(plan.teacherModel(), data);
    OutputShapes.Map own = lastStage(plan.model(), data);
    if (!own.covers(goal)) {
      throw new UserError(
          "--kd-map compares the last stages' maps, and that of "
              + teacher
              + " is of "
              + goal.size()
              + ", that of "
              + student
              + " of "
              + own.size()
              + "; expected one size, leave --kd-map out or give another --teacher-model");
    }
    if (own.height() * own.width() == 1) {
      throw new UserError(
          "--kd-map compares the places of the last stage's map, and "
              + student
              + " leaves one of "
              + data.height()
              + "x"
              + data.width()
              + " pixels; leave --kd-map out, or train on larger pictures");
    }
  }

  private static OutputShapes.Map lastStage(NetworkSpec network, Dataset data) {
    List<OutputShapes.Map> stages = OutputShapes.of(network, data.shape(), data.classes()).stages();
    return stages.get(stages.size() - 1);
  }
}
