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

  /** Whole steps since the sums were taken. */
  private int steps;

  /** To which of them, from 1, each part that was added belongs. */
  private final List<Integer> stepOf = new ArrayList<>();

  /**
   * @param losses how many an objective has
   */
  Tally(Ops ops, int losses) {
    this.ops = ops;
    at = new TallyLayout(losses);
    sums = ops.allocate(DType.F32, at.size());
    ops.device().zero(sums.memory());
  }

  /** Adds a step, or a part of one. */
  void add(Objective.Losses l) {
    ops.tallyStep(l.each(), l.samples(), l.distances(), l.hits(), sums);
  }

  /**
   * Says that the device was given a part of a step.
   *
   * @param counted whether it {@linkplain #add adds} it
   * @param ends whether it is the last of its step
   */
  void submitted(boolean counted, boolean ends) {
    if (counted) {
      stepOf.add(steps + 1);
    }
    if (ends) {
      steps++;
    }
  }

  /** What the steps since the last call added up to; waits for them. */
  StepSums take() {
    float[] s = Transfers.floats(ops.device(), sums);
    ops.device().zero(sums.memory());
    List<Double> losses = new ArrayList<>();
    for (int l = 0; l <= at.features(); l++) {
      losses.add((double) s[l]);
    }
    int broken = (int) s[at.broken()];
    StepSums taken =
        new StepSums(
            losses,
            (long) s[at.counted()],
            TallyLayout.count(s, at.hits()),
            TallyLayout.count(s, at.candidates()),
            steps,
            broken == 0 ? 0 : stepOf.get(broken - 1),
            s[at.brokenLoss()]);
    steps = 0;
    stepOf.clear();
    return taken;
  }

  @Override
  public void close() {
    sums.close();
  }
}
