package sakd.train;

import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Tensor;

/** What a training step minimises. */
public interface Objective {
  /** Loss terms, and the trained network's logits [N, K], which live as long as the tape. */
  record Result(LossTerms terms, Tensor logits) {}

  /**
   * Runs the network forward on the tape, and passes the gradients of the loss to the tape.
   *
   * @param images [T', N, H, W, C]
   * @param labels [N] I32
   */
  Result compute(Tape tape, Var images, Tensor labels);
}
