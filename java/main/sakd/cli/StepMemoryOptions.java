package sakd.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import sakd.base.UserError;
import sakd.bench.StepBench;
import sakd.bench.StepMemory;
import sakd.data.Mixing;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.distill.Method;
import sakd.model.NetworkSpec;
import sakd.ops.Ops;
import sakd.train.Scale;

/** What {@code models --train} asks: the memory of which training step, and where. */
final class StepMemoryOptions {
  private static final String DEVICE = "--device";
  private static final String MICRO_BATCHES = "--grad-accum-steps";
  private static final String CHECKPOINTED = "--checkpoint-activations";

  /** What means nothing without {@code --train}. */
  private static final List<String> OF_STEPS =
      List.of("--batch-size", "--method", MICRO_BATCHES, CHECKPOINTED, DEVICE, "--amp");

  @Option(names = "--train", description = "Print the memory of a training step of MODEL.")
  private boolean train;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Images per step (default: 128; for detection 8).")
  private Integer batchSize;

  @Option(
      names = "--method",
      paramLabel = "sakd|direct|transfer|logits|features|ann",
      defaultValue = "direct",
      description =
          "What is trained, as train has it; a teacher takes memory too (default:"
              + " ${DEFAULT-VALUE}).")
  private Method method;

  @Option(
      names = MICRO_BATCHES,
      paramLabel = "N",
      defaultValue = "1",
      description = "Micro-batches of a step (default: ${DEFAULT-VALUE}).")
  private int microBatches;

  @Option(
      names = CHECKPOINTED,
      description = "Keep spikes as bits, and compute convolutions again in the backward pass.")
  private boolean checkpointed;

  @Mixin private DeviceOptions device;

  private boolean measured;

  /**
   * Whether {@code --train} is given.
   *
   * @throws UserError if it is not, but what belongs to it is
   */
  boolean wanted(ParseResult given) {
    measured = given.hasMatchedOption(DEVICE);
    List<String> others = OF_STEPS.stream().filter(given::hasMatchedOption).toList();
    if (!train && !others.isEmpty()) {
      throw new UserError(
          others.get(0)
              + " is of a training step; expected --train too, give it or leave both out");
    }
    return train;
  }

  /**
   * Prints it.
   *
   * @param image channels, height and width
   * @param steps T
   */
  void print(PrintWriter out, NetworkSpec network, int[] image, int classes, int steps) {
    network.requireImages(image[1], image[2]);
    boolean boxes = network.targetKind() == Targets.Kind.BOXES;
    int batch = Values.atLeast(1, "--batch-size", batchSize == null ? boxes ? 8 : 128 : batchSize);
    Scale scale =
        new Scale(Values.atLeast(1, MICRO_BATCHES, microBatches), DType.F32, 0)
            .checkpointed(checkpointed);
    scale.requireShares(batch, Mixing.NONE, 1);
    StepBench.Work work =
        new StepBench.Work(
            network, method, image[0], image[1], image[2], classes, batch, steps, scale);
    if (!measured) {
      DType storage = device.storage();
      print(out, work, storage);
      print(out, "computed", StepMemory.computed(work, storage, null), "");
      return;
    }
    try (Ops ops = device.open()) {
      DType storage = device.storage(ops);
      print(out, work, storage);
      print(out, "computed", StepMemory.computed(work, storage, ops.device()), "");
      StepMemory.Peak found = StepMemory.measured(ops, work, storage);
      print(
          out,
          "measured",
          found,
          String.format(
              Locale.ROOT,
              " on %s%s",
              ops.device().name(),
              found.own() == 0
                  ? ""
                  : ", and " + mebibytes(found.own()) + " of its own beside them"));
    }
  }

  private void print(PrintWriter out, StepBench.Work work, DType storage) {
    out.printf(
        Locale.ROOT,
        "step      %s, %s, T = %d, %d images of %dx%dx%d, %d classes, activations in %s%s%s%n",
        work.spec().name(),
        Values.lower(method),
        work.steps(),
        work.batch(),
        work.channels(),
        work.height(),
        work.width(),
        work.classes(),
        storage.label(),
        microBatches == 1 ? "" : ", in " + microBatches + " micro-batches",
        checkpointed ? ", checkpointed" : "");
  }

  private static void print(PrintWriter out, String how, StepMemory.Peak peak, String where) {
    out.printf(
        Locale.ROOT,
        "%s  %s in tensors at most, of which %s stay from step to step%s%n",
        how,
        mebibytes(peak.peak()),
        mebibytes(peak.kept()),
        where);
    out.flush();
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / 0x1p20);
  }
}
