package sakd.distill;

import java.util.List;
import sakd.infer.DeviceBatch;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Tensor;
import sakd.task.Task;

/** What labels and the teacher's logits ask of a network's, as a task has them. */
interface LabelLoss {
  /**
   * That of a task, computed in a form that {@link PlanCheck} lets pass.
   *
   * @param weights of the first epoch; what is not among them never is
   * @param pyramid compares the levels of a detector's pyramid
   */
  static LabelLoss of(
      Task task, DistillationForm form, DistillationWeights weights, FeatureLoss pyramid) {
    return switch (task) {
      case CLASSIFICATION -> ClassLoss.of(form, weights);
      case SEGMENTATION -> new PixelLoss();
      case DETECTION -> new BoxLoss(pyramid);
    };
  }

  /**
   * Losses of a batch.
   *
   * @param each [R, L], as {@link sakd.task.Objective.Losses} has it
   * @param hits I32 [2]
   */
  record Computed(Tensor each, Tensor hits) {}

  /** Whether it compares features. */
  default boolean followsFeatures() {
    return false;
  }

  /** The names of the L losses. */
  List<String> names();

  /**
   * Computes the losses and passes their gradients to the student's tape.
   *
   * @param teacher null if no term needs it
   * @param lossScale [1], multiplies the gradients
   */
  Computed compute(
      Tape tape,
      Network.Output student,
      Network.Output teacher,
      DeviceBatch batch,
      DistillationWeights weights,
      Tensor lossScale);

  /** The weight of each loss. */
  List<Float> weights(DistillationWeights weights);
}
