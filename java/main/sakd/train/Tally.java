package sakd.train;

import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Losses and hits of training steps, added up on the device, so that a step does not wait for the
 * host. It is float32: read it often enough that an epoch is added up in double.
 */
final class Tally implements AutoCloseable {
  /** As kernels/loss.cu lays it out. */
  private static final int SIZE = 8;

  private final Ops ops;
  private final Tensor sums;

  Tally(Ops ops) {
    this.ops = ops;
    sums = ops.allocate(DType.F32, SIZE);
    ops.device().zero(sums.memory());
  }

  /** Adds a step. */
  void add(Objective.Losses losses, Tensor labels) {
    try (Tensor rank = ops.allocate(DType.I32, labels.shape())) {
      ops.labelRank(losses.logits(), labels, rank);
      ops.tallyStep(losses.each(), losses.distances(), rank, sums);
    }
  }

  /** What the steps since the last call added up to; waits for them. */
  StepSums take() {
    float[] s = Transfers.floats(ops.device(), sums);
    ops.device().zero(sums.memory());
    return new StepSums(s[0], s[1], s[2], (long) s[3], (long) s[4], (long) s[5], (long) s[6], s[7]);
  }

  @Override
  public void close() {
    sums.close();
  }
}
