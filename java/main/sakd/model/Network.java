package sakd.model;

import java.util.List;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;

/** A network that also shows its stages' features, which distillation needs. */
public interface Network extends AutoCloseable {
  /**
   * What a forward pass gives: of classes K for each of N images, or for each of their pixels.
   *
   * @param logits [1, N, K] or [1, N, H, W, K] float32, the mean over time
   * @param stepLogits [T', N, K] float32, of which the logits are the mean; null of pixels
   * @param auxiliary like logits, what a head of training says; null if there is none
   * @param stages the output of every stage, [T', N, H, W, C]
   */
  record Output(Var logits, Var stepLogits, Var auxiliary, List<Var> stages) {}

  /**
   * Computes the logits.
   *
   * @param images [T', N, H, W, C]: T' = 1 for still images, or T for recordings, of which an ANN
   *     sees the mean over time
   * @param keepStages whether the stages' features will be read
   */
  Output forward(Tape tape, Var images, boolean keepStages);

  Parameters parameters();

  /** Channels of each stage's features. */
  List<Integer> stageChannels();

  @Override
  default void close() {
    parameters().close();
  }
}
