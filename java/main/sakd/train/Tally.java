package sakd.train;

import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.TallyLayout;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Losses and hits of training steps, added up on the device, so that a step does not wait for the
 * host. It is float32: read it often enough that an epoch is added up in double.
 */
final class Tally implements AutoCloseable {
  /** Cross-entropy and the distance to the teacher's logits. */
  private static final TallyLayout AT = new TallyLayout(2);

  private final Ops ops;
  private final Tensor sums;

  Tally(Ops ops) {
    this.ops = ops;
    sums = ops.allocate(DType.F32, AT.size());
    ops.device().zero(sums.memory());
  }

  /** Adds a step. */
  void add(Objective.Losses losses, Tensor labels) {
    try (Tensor rank = ops.allocate(DType.I32, labels.shape());
        Tensor hits = ops.allocate(DType.I32, 2)) {
      ops.labelRank(losses.logits(), labels, rank);
      ops.countHits(rank, hits);
      ops.tallyStep(losses.each(), Math.toIntExact(labels.size()), losses.distances(), hits, sums);
    }
  }

  /** What the steps since the last call added up to; waits for them. */
  StepSums take() {
    float[] s = Transfers.floats(ops.device(), sums);
    ops.device().zero(sums.memory());
    return new StepSums(
        s[0],
        s[1],
        s[AT.features()],
        (long) s[AT.counted()],
        TallyLayout.count(s, AT.hits()),
        (long) s[AT.steps()],
        (long) s[AT.broken()],
        s[AT.brokenLoss()]);
  }

  @Override
  public void close() {
    sums.close();
  }
}
