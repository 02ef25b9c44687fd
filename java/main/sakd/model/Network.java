package sakd.model;

import java.util.List;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.AnchorGrid;

/** A network that also shows its stages' features, which distillation needs. */
public interface Network extends AutoCloseable {
  /**
   * What a forward pass gives: of classes K for each of N images, for each of their pixels or for
   * each of A anchors.
   *
   * @param logits [1, N, K], [1, N, H, W, K] or [1, N, A, K] float32, the mean over time
   * @param stepLogits [T', N, K] float32, of which the logits are the mean; null but of images
   * @param auxiliary like logits, what a head of training says; null if there is none
   * @param stages the output of every stage, [T', N, H, W, C]
   * @param boxes null if the network finds none
   * @param classWeight as {@link Network#classWeight} has it
   */
  record Output(
      Var logits,
      Var stepLogits,
      Var auxiliary,
      List<Var> stages,
      Boxes boxes,
      Parameter classWeight) {
    /** Without boxes, and without a weight behind the stages. */
    public Output(Var logits, Var stepLogits, Var auxiliary, List<Var> stages) {
      this(logits, stepLogits, auxiliary, stages, null, null);
    }
  }

  /**
   * Where a detector says that objects are.
   *
   * @param deltas [1, N, A, 4] float32: how each anchor becomes the box of its object
   * @param grid the anchors
   * @param pyramid the maps of every level, [T', N, h, w, C]; empty if they were not to be kept
   */
  record Boxes(Var deltas, AnchorGrid grid, List<Var> pyramid) {}

  /**
   * Computes the logits.
   *
   * @param images [T', N, H, W, C]: T' = 1 for still images, or T for recordings, of which an ANN
   *     sees the mean over time
   * @param keepStages whether the features of stages and pyramid will be read
   */
  Output forward(Tape tape, Var images, boolean keepStages);

  Parameters parameters();

  /** Channels of each stage's features. */
  List<Integer> stageChannels();

  /**
   * The weight [K, C] of the linear layer that makes the classes' logits of the last stage's mean
   * over space; null if there is more between the two.
   */
  default Parameter classWeight() {
    return null;
  }

  /** Channels of each of {@link Boxes#pyramid}. */
  default List<Integer> pyramidChannels() {
    return List.of();
  }

  @Override
  default void close() {
    parameters().close();
  }
}
