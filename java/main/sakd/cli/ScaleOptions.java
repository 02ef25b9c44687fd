package sakd.cli;

import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.train.DistBn;
import sakd.train.Scale;

/** How steps are spread over processes and over time. */
final class ScaleOptions {
  /** Types in which gradients are added up. */
  enum Sums {
    FLOAT32,
    BF16
  }

  @Option(
      names = "--grad-accum-steps",
      paramLabel = "N",
      description =
          "Compute each process's share of a batch in N micro-batches, one after another, for less "
              + "memory; their gradients add up to one step. Batch norm takes the statistics of "
              + "each micro-batch (default: 1).")
  private Integer microBatches;

  @Option(
      names = "--comm-dtype",
      paramLabel = "float32|bf16",
      description =
          "Type in which several processes add up their gradients; bf16 halves what goes over the "
              + "links (default: float32).")
  private Sums sums;

  @Option(
      names = "--sync-bn",
      description =
          "Batch norm takes its statistics over the images of all processes, not of each by itself: "
              + "for small shares of a batch.")
  private boolean syncBatchNorm;

  @Option(
      names = "--dist-bn",
      paramLabel = "reduce|broadcast|off",
      description =
          "Running statistics that are evaluated and saved after each epoch: the mean of all "
              + "processes', or the first process's; so it is with off, where nothing is brought "
              + "together (default: reduce).")
  private DistBn distBn;

  @Option(
      names = "--recovery-interval",
      paramLabel = "STEPS",
      description =
          "Write last.safetensors after every so many steps within an epoch too, for --resume to go "
              + "on from there (default: after whole epochs).")
  private Integer recoveryInterval;

  @Option(
      names = "--checkpoint-activations",
      description =
          "Save memory: keep spikes as bits, and compute convolutions again in the backward pass, "
              + "for a third to a half of the memory and up to a third more time. Weights come "
              + "out the same.")
  private boolean checkpointActivations;

  /**
   * What the options came to.
   *
   * @throws UserError if a number is out of range, or the device does not have bfloat16
   */
  Scale scale(Ops ops) {
    boolean rounds = sums == Sums.BF16;
    if (rounds && !ops.device().supports(DType.BF16)) {
      throw new UserError(
          "device "
              + ops.device().name()
              + " does not compute with bfloat16; expected --comm-dtype float32, leave it out");
    }
    return new Scale(
        microBatches == null ? 1 : Values.atLeast(1, "--grad-accum-steps", microBatches),
        rounds ? DType.BF16 : DType.F32,
        recoveryInterval == null ? 0 : Values.atLeast(0, "--recovery-interval", recoveryInterval),
        syncBatchNorm,
        distBn == null ? DistBn.REDUCE : distBn,
        checkpointActivations);
  }
}
