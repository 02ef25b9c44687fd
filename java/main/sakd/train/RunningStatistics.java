package sakd.train;

import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** The running statistics of batch norm, and their average over steps, on several ranks. */
final class RunningStatistics {
  private final Ops ops;
  private final DistBn how;
  private final Parameters parameters;
  private final Ema ema;

  /**
   * Those of a network.
   *
   * @param how null where batch norm is synchronised, and statistics are the same on all ranks
   * @param ema may be null
   */
  RunningStatistics(Ops ops, DistBn how, Parameters parameters, Ema ema) {
    this.ops = ops;
    this.how = how;
    this.parameters = parameters;
    this.ema = ema;
  }

  /**
   * Before they are evaluated or saved: gives all ranks the same, bit for bit. All of them call
   * this; with one it does nothing.
   */
  void settle() {
    if (ops.ranks() == 1 || how == null) {
      return;
    }
    settle(parameters.statistics());
    if (ema != null) {
      settle(ema.statistics());
    }
  }

  private void settle(Tensor statistics) {
    if (how != DistBn.REDUCE) {
      ops.broadcastRanks(statistics);
      return;
    }
    ops.sumRanks(statistics);
    float[] means = Transfers.floats(ops.device(), statistics);
    for (int i = 0; i < means.length; i++) {
      means[i] /= ops.ranks();
    }
    Transfers.setFloats(ops.device(), statistics, means);
  }
}
