package sakd.train;

import sakd.base.UserError;
import sakd.data.Mixing;
import sakd.device.DType;

/**
 * How a step is spread over processes and over time, for networks and data that ask for more than
 * one device or its memory.
 *
 * @param microBatches parts of a rank's share of a batch that are computed one after another, and
 *     whose gradients add up, before the weights change
 * @param commType in which gradients are added up over ranks: F32, or BF16
 * @param recoveryInterval steps after which a checkpoint is written within an epoch; 0 for none
 * @param syncBatchNorm whether batch norm takes the statistics of a step over the samples of all
 *     ranks; else each takes those of its own
 * @param distBn how running statistics that differ are brought together
 * @param checkpointActivations whether activations are restored in the backward pass, as {@link
 *     sakd.nn.Tape.Mode#CHECKPOINTED} says
 */
public record Scale(
    int microBatches,
    DType commType,
    int recoveryInterval,
    boolean syncBatchNorm,
    DistBn distBn,
    boolean checkpointActivations) {
  /**
   * All of a share at once, statistics of each rank and their mean, and checkpoints after whole
   * epochs.
   */
  public static final Scale USUAL = new Scale(1, DType.F32, 0);

  /** Each rank norms its own samples, and the mean of running statistics counts. */
  public Scale(int microBatches, DType commType, int recoveryInterval) {
    this(microBatches, commType, recoveryInterval, false, DistBn.REDUCE, false);
  }

  /** The same with or without {@link #checkpointActivations}. */
  public Scale checkpointed(boolean whether) {
    return new Scale(microBatches, commType, recoveryInterval, syncBatchNorm, distBn, whether);
  }

  /**
   * For people: {@code , each batch of 50 shared by 4 processes (12 or 13 images each)}; empty for
   * one process with whole batches.
   */
  public String shares(int batchSize, int ranks) {
    int parts = ranks * microBatches;
    if (parts == 1) {
      return "";
    }
    int least = batchSize / parts;
    String images = least + (batchSize % parts == 0 ? "" : " or " + (least + 1)) + " images";
    return ", each batch of "
        + batchSize
        + (ranks > 1 ? " shared by " + ranks + " processes" : "")
        + (microBatches > 1 ? " in " + microBatches + " micro-batches" : "")
        + " ("
        + images
        + " each)";
  }

  /**
   * Refuses a batch that is too small to be shared.
   *
   * @param batchSize of all ranks together
   * @param mixing which takes samples in pairs
   * @throws UserError if a rank or micro-batch would have no sample of its own
   */
  public void requireShares(int batchSize, Mixing mixing, int ranks) {
    boolean mixed = !mixing.equals(Mixing.NONE);
    int parts = ranks * microBatches;
    int least = mixed ? 2 * parts - 1 : parts;
    if (batchSize < least) {
      boolean both = ranks > 1 && microBatches > 1;
      throw new UserError(
          "--batch-size is "
              + batchSize
              + (ranks > 1 ? ", of all processes together," : "")
              + " and is shared among "
              + (ranks > 1 ? ranks + " processes" : "")
              + (both ? " with " : "")
              + (microBatches > 1 ? microBatches + " micro-batches" : "")
              + (both ? " each" : "")
              + (mixed ? ", in pairs that are mixed" : "")
              + "; expected at least "
              + least
              + ", give a larger batch"
              + (ranks > 1 ? " or start fewer processes" : "")
              + (microBatches > 1 ? " or take fewer --grad-accum-steps" : ""));
    }
  }
}
