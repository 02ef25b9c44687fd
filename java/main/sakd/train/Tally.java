package sakd.train;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.TallyLayout;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.task.Objective;

/**
 * Losses and hits of training steps, added up on the device, so that a step does not wait for the
 * host. It is float32: read it often enough that an epoch is added up in double.
 */
final class Tally implements AutoCloseable {
  private final Ops ops;
  private final TallyLayout at;
  private final Tensor sums;

  /**
   * @param losses how many an objective has
   */
  Tally(Ops ops, int losses) {
    this.ops = ops;
    at = new TallyLayout(losses);
    sums = ops.allocate(DType.F32, at.size());
    ops.device().zero(sums.memory());
  }

  /** Adds a step. */
  void add(Objective.Losses l) {
    ops.tallyStep(l.each(), l.samples(), l.distances(), l.hits(), sums);
  }

  /** What the steps since the last call added up to; waits for them. */
  StepSums take() {
    float[] s = Transfers.floats(ops.device(), sums);
    ops.device().zero(sums.memory());
    List<Double> losses = new ArrayList<>();
    for (int l = 0; l <= at.features(); l++) {
      losses.add((double) s[l]);
    }
    return new StepSums(
        losses,
        (long) s[at.counted()],
        TallyLayout.count(s, at.hits()),
        TallyLayout.count(s, at.candidates()),
        (long) s[at.steps()],
        (long) s[at.broken()],
        s[at.brokenLoss()]);
  }

  @Override
  public void close() {
    sums.close();
  }
}
