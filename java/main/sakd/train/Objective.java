package sakd.train;

import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Tensor;

/** What a training step minimises. */
public interface Objective {
  /**
   * Losses of a batch, on the device.
   *
   * @param logits the trained network's [N, K]; they live as long as the tape
   * @param each [N, 2]: cross-entropy and distance to the teacher's logits of each sample
   * @param distances [D]: distances to the teacher's features; null if not used
   */
  record Losses(Tensor logits, Tensor each, Tensor distances) implements AutoCloseable {
    @Override
    public void close() {
      each.close();
      if (distances != null) {
        distances.close();
      }
    }
  }

  /**
   * Runs the network forward on the tape, and passes the gradients of the loss to the tape. Nothing
   * is exchanged with the host, so that it can be recorded.
   *
   * @param images [T', N, H, W, C]
   * @param labels [N] I32
   * @param mix how images and labels are mixed, as {@link sakd.ops.Ops#augment} takes it, or null
   * @param lossScale [1], multiplies the gradients
   * @return to be closed by the caller
   */
  Losses compute(Tape tape, Var images, Tensor labels, Tensor mix, Tensor lossScale);

  /**
   * Called before every epoch, from 0.
   *
   * @return whether what is minimised differs from the epoch before, as when weights of losses
   *     change
   */
  default boolean startEpoch(int epoch, int epochs) {
    return false;
  }

  /** The loss that is minimised, from the averages of its terms. */
  LossTerms terms(double ce, double logits, double features);
}
