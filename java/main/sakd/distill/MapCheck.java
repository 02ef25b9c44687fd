package sakd.distill;

import java.util.List;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.model.Backbone;
import sakd.model.Network;
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
    Network teacher = Pipeline.ann(plan, data.channels(), data.classes(), new Parameters(0));
    Network student = Pipeline.student(plan, data, new Parameters(0));
    if (teacher.classWeight() == null) {
      throw new UserError(
          "--kd-map shows where a teacher sees a class by the weight of one linear layer behind its"
              + " last stage's mean, and "
              + plan.model().annName()
              + " has more than that there; leave --kd-map out, or take a network such as "
              + "spiking-resnet18");
    }
    int expected = stride(teacher);
    int actual = stride(student);
    if (expected != actual) {
      throw new UserError(
          "--kd-map compares maps of equal size, and the last stage of the teacher "
              + plan.model().annName()
              + " has 1/"
              + expected
              + " of a picture's height, that of "
              + plan.model().name()
              + " 1/"
              + actual
              + "; leave --kd-map out, or take another teacher");
    }
    if (data.height() <= actual && data.width() <= actual) {
      throw new UserError(
          "--kd-map compares where the last stage's spikes are, and of pictures of "
              + data.height()
              + "x"
              + data.width()
              + " "
              + plan.model().name()
              + " has one place there; leave --kd-map out, or make pictures larger with"
              + " --image-size");
    }
  }

  private static int stride(Network network) {
    List<Backbone.Stage> stages = network.stages();
    return stages.get(stages.size() - 1).stride();
  }
}
