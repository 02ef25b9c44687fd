package sakd.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.infer.ForeignModel;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.OutputShapes;
import sakd.task.Task;

/**
 * A teacher of another architecture than the student's: deeper, wider, or of another family. The
 * student follows its logits, and its features at the stages whose maps are of one size; there are
 * no weights to transfer, so level 1 is left out.
 */
public final class OtherTeacher {
  private OtherTeacher() {}

  /** The feature maps that are compared. */
  static FeaturePairs pairs(Plan plan, Dataset data) {
    return FeaturePairs.of(shapes(plan.model(), data), shapes(plan.teacherModel(), data));
  }

  private static OutputShapes shapes(NetworkSpec network, Dataset data) {
    return OutputShapes.of(network, data.shape(), data.classes());
  }

  /**
   * Refuses a teacher that cannot teach what the method follows; one of the student's architecture
   * always can.
   *
   * @throws UserError if it is for another task, or the method needs its weights, or it finds
   *     objects at other places than the student, or no feature map is as large as the student's
   */
  static void require(Plan plan, Dataset data) {
    if (plan.isSelfArchitectural() || !plan.method().needsTeacher()) {
      return;
    }
    Targets.Kind kind = plan.model().targetKind();
    if (plan.teacherModel().targetKind() != kind) {
      throw new UserError(
          "--teacher-model is "
              + teacher(plan)
              + ", which does not find what "
              + plan.model().name()
              + " is to learn; expected a network for "
              + Task.of(data).name().toLowerCase(Locale.ROOT)
              + ", such as "
              + Networks.named(Networks.defaultFor(kind, data.height())).annName());
    }
    if (plan.method() == Method.TRANSFER) {
      throw new UserError(
          "--method transfer starts from the teacher's weights, and "
              + teacher(plan)
              + " has others than "
              + plan.model().name()
              + "; expected a teacher of the same architecture, leave --teacher-model out");
    }
    OutputShapes own = shapes(plan.model(), data);
    OutputShapes its = shapes(plan.teacherModel(), data);
    if (own.places() != its.places()) {
      throw new UserError(
          teacher(plan)
              + " looks for objects at "
              + its.places()
              + " places of an image and "
              + plan.model().name()
              + " at "
              + own.places()
              + ", so it cannot teach it; expected a network whose stages have the same sizes, give"
              + " another --teacher-model");
    }
    FeaturePairs pairs = FeaturePairs.of(own, its);
    DistillationWeights weights = plan.method().select(plan.weights().start());
    if (weights.features() > 0 && pairs.stages().isEmpty()) {
      throw new UserError(
          "features cannot be compared: the stages of "
              + plan.model().name()
              + " give maps of "
              + sizes(own)
              + ", those of "
              + teacher(plan)
              + " of "
              + sizes(its)
              + "; expected some of one size, give --method logits or another --teacher-model");
    }
    if (weights.pyramid() > 0 && pairs.pyramid().isEmpty()) {
      throw new UserError(
          "the pyramids of "
              + plan.model().name()
              + " and "
              + teacher(plan)
              + " have no level of one size; expected --pyramid-weight 0 or another"
              + " --teacher-model");
    }
  }

  /** What a teacher of another architecture changes, a sentence each; none where it is the same. */
  public static List<String> notes(Plan plan, Dataset data) {
    List<String> notes = new ArrayList<>();
    if (plan.isSelfArchitectural() || !plan.method().needsTeacher()) {
      return notes;
    }
    if (plan.method().transfersWeights()) {
      notes.add(
          "level 1 is left out, as the weights of "
              + teacher(plan)
              + " are others than those of "
              + plan.model().name()
              + ", which starts from "
              + (plan.initialWeights() == null ? "random weights" : "those of --init"));
    }
    if (plan.method().select(plan.weights().start()).features() > 0) {
      OutputShapes own = shapes(plan.model(), data);
      List<FeaturePairs.Pair> pairs =
          FeaturePairs.of(own, shapes(plan.teacherModel(), data)).stages();
      List<String> alone =
          IntStream.range(0, own.stages().size())
              .filter(s -> pairs.stream().noneMatch(p -> p.student() == s))
              .mapToObj(s -> "" + (s + 1))
              .toList();
      boolean each = pairs.stream().allMatch(p -> p.student() == p.teacher());
      if (!alone.isEmpty() || !each) {
        notes.add(
            "features are compared where maps are of one size: stage "
                + String.join(
                    ", ",
                    pairs.stream()
                        .map(p -> (p.student() + 1) + " with stage " + (p.teacher() + 1))
                        .toList())
                + " of "
                + teacher(plan)
                + (alone.isEmpty() ? "" : "; not stage " + String.join(", ", alone)));
      }
    }
    return notes;
  }

  /**
   * Tells of {@code --teacher-model} where a weight file is of another network than expected.
   *
   * @return to be thrown; empty if it is not known which network it is
   */
  static Optional<UserError> named(Plan plan, WeightFile file) {
    String holds;
    if (ModelFile.isIn(file.metadata())) {
      holds = ModelFile.of(file.metadata(), file.path().toString(), plan.own()).name();
    } else {
      holds =
          ForeignModel.fitting(file, ForeignModel.channels(file), ForeignModel.classes(file))
              .stream()
              .filter(Networks::isAnnName)
              .findFirst()
              .orElse(teacher(plan));
    }
    if (holds.equals(teacher(plan))) {
      return Optional.empty();
    }
    return Optional.of(
        new UserError(
            file.title()
                + " holds the weights of "
                + holds
                + ", and the teacher is "
                + teacher(plan)
                + "; expected its weights, or give --teacher-model "
                + holds
                + " to learn from another architecture"));
  }

  private static String teacher(Plan plan) {
    return plan.teacherModel().annName();
  }

  private static String sizes(OutputShapes shapes) {
    return String.join(", ", shapes.stages().stream().map(OutputShapes.Map::size).toList());
  }
}
