package sakd.task;

import java.util.List;
import sakd.infer.DeviceBatch;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Tensor;

/** What a training step minimises. */
public interface Objective {
  /**
   * Losses of a batch, on the device.
   *
   * @param each [R, L]: the {@link #losses()} of each sample, or their means over the batch with R
   *     = 1
   * @param samples of the batch
   * @param distances [D]: distances to the teacher's features; null if not used
   * @param hits I32 [2]: how many were taken for what they are, and of how many
   */
  record Losses(Tensor each, int samples, Tensor distances, Tensor hits) implements AutoCloseable {
    @Override
    public void close() {
      each.close();
      hits.close();
      if (distances != null) {
        distances.close();
      }
    }
  }

  /** The names of the L losses that {@link #compute} computes besides the features'. */
  List<String> losses();

  /**
   * Runs the network forward on the tape, and passes the gradients of the loss to the tape. Nothing
   * is exchanged with the host, so that it can be recorded.
   *
   * @param images of the batch, [T', N, H, W, C]
   * @param batch what is to be found in them
   * @param lossScale [1], multiplies the gradients
   * @return to be closed by the caller
   */
  Losses compute(Tape tape, Var images, DeviceBatch batch, Tensor lossScale);

  /**
   * Called before every epoch, from 0.
   *
   * @return whether what is minimised differs from the epoch before, as when weights of losses
   *     change
   */
  default boolean startEpoch(int epoch, int epochs) {
    return false;
  }

  /**
   * The loss that is minimised.
   *
   * @param averages of {@link #losses()} and, as the last, of the sum of the features' distances
   */
  LossTerms terms(List<Double> averages);
}
