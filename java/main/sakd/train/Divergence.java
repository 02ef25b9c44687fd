package sakd.train;

import sakd.base.UserError;
import sakd.infer.Finiteness;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;

/**
 * Ends a training that cannot come to anything any more, and says where it broke. All ranks look
 * together, and at the same: what they added up, and what the optimizer made of it.
 */
final class Divergence {
  /** Gradients that overflow without any scaling up are not for want of range. */
  private static final double LEAST_SCALE = 1;

  private Divergence() {}

  /**
   * Looks at the steps since the last check.
   *
   * @param epoch from 0
   * @param sums of this epoch so far
   * @throws UserError if a step was skipped and no loss scale can help, or if a weight or running
   *     statistic is not finite
   */
  static void check(
      Ops ops, String phase, int epoch, StepSums sums, Optimizer optimizer, TrainStep step) {
    Parameters parameters = optimizer.parameters();
    double scale = optimizer.scale();
    long skipped = optimizer.skipped();
    String what;
    long at = sums.steps();
    if (scale == 0 && sums.broken() > 0) {
      what = "the loss of " + phase + " became " + sums.brokenLoss();
      at = sums.broken();
    } else if (scale == 0 && skipped > 0) {
      what = "the gradient of " + phase + " became infinite or NaN";
      at -= skipped - 1;
    } else if (scale > 0 && scale < LEAST_SCALE) {
      what = "the gradient of " + phase + " became infinite or NaN at any loss scale";
    } else if (!isFinite(ops, parameters)) {
      what = "the network of " + phase + " became infinite or NaN";
    } else {
      return;
    }
    String where = step.diagnose();
    throw new UserError(
        what
            + " in epoch "
            + (epoch + 1)
            + ", step "
            + at
            + (where.isEmpty() ? "" : ", first in " + where)
            + "; a smaller --lr, --lr-warmup-epochs or --clip-grad-norm helps, and the last "
            + "checkpoint is as it was");
  }

  /** Of all ranks: running statistics may be each one's own. */
  private static boolean isFinite(Ops ops, Parameters parameters) {
    boolean own =
        Finiteness.isFinite(ops, parameters.weights())
            && Finiteness.isFinite(ops, parameters.statistics());
    return RankTransfers.sum(ops, own ? 0 : 1)[0] == 0;
  }
}
