package sakd.bench;

import static sakd.bench.Results.cell;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.device.OutOfDeviceMemory;
import sakd.distill.Method;
import sakd.model.NetworkSpec;
import sakd.ops.Ops;
import sakd.train.Scale;
import sakd.train.TrainStep;

/**
 * Whole training steps as the trainer makes them ({@link TrainStep}), recorded where the device
 * can: upload of a batch, teacher and student forward, losses, backward, SGD, tally of the losses.
 */
public final class StepBench {
  /**
   * A sample's first upload has no step before it to hide behind and its end is waited for, which
   * in an epoch is so once: in a sample of that length neither shows.
   */
  private static final double SAMPLE_SECONDS = 0.25;

  /**
   * What is trained.
   *
   * @param height of the images, as {@code width}
   * @param batch images a step
   * @param steps T
   */
  public record Work(
      NetworkSpec spec,
      Method method,
      int channels,
      int height,
      int width,
      int classes,
      int batch,
      int steps,
      Scale scale) {
    /** On square images, of all of a batch at once. */
    public Work(
        NetworkSpec spec,
        Method method,
        int size,
        int channels,
        int classes,
        int batch,
        int steps) {
      this(spec, method, channels, size, size, classes, batch, steps, Scale.USUAL);
    }

    Work withBatch(int images) {
      return new Work(spec, method, channels, height, width, classes, images, steps, scale);
    }

    /** On another scale. */
    public Work with(Scale other) {
      return new Work(spec, method, channels, height, width, classes, batch, steps, other);
    }

    /** As peers call it too: their rows are compared with those of the same name. */
    String name() {
      return cell(
          "%s %dx%d %s", spec.name(), height, width, method.name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * What was measured.
   *
   * @param seconds of a step, the median
   * @param lower quartile of a step's seconds
   * @param upper quartile
   * @param busySeconds of the recorded step alone, launched back to back: what the device needs;
   *     NaN where the device records nothing
   * @param launches what the recorded step holds; 0 where the device records nothing
   * @param peakBytes most bytes in use, as {@link Ops.MemoryReport#peak}
   * @param convolution share of the time of all operations
   * @param neuron share of fused neurons, batch statistics included
   * @param operations of a step
   * @param firstLoss of the first step, before any update
   * @param lastLoss of the last step
   */
  public record Measured(
      double seconds,
      double lower,
      double upper,
      double busySeconds,
      int launches,
      long peakBytes,
      double convolution,
      double neuron,
      List<OpsProfile.Operation> operations,
      double firstLoss,
      double lastLoss) {
    /** Share of the step in which the device waits for the host; NaN where nothing is recorded. */
    double hostOverhead() {
      return (seconds - busySeconds) / seconds;
    }
  }

  private final Ops plain;
  private final DType storage;
  private final int timed;

  /**
   * @param timed steps of which the median is taken; half as many warm up
   */
  public StepBench(Ops ops, DType storage, int timed) {
    this.plain = ops;
    this.storage = storage;
    this.timed = timed;
  }

  /** Times steps; the shares of operations come from steps of their own, which wait after each. */
  public Measured measure(Work trained) {
    OpsProfile profile = new OpsProfile(plain);
    Ops ops = profile.ops();
    try (WorkStep work = new WorkStep(ops, storage, trained, true);
        TrainStep step = work.step();
        TrainStep unrecorded = work.step()) {
      // Before the recording, whose memory no launch asks for again.
      ops.resetPeak();
      work.run(step);
      double first = step.take().loss(work.objective).total();
      for (int i = 0; i < Math.max(TrainStep.ORDINARY_STEPS, timed / 2); i++) {
        work.run(step);
      }
      step.take();
      Timing timing = new Timing(ops.device(), timed, SAMPLE_SECONDS);
      Timing.Quartiles seconds = timing.quartiles(() -> work.run(step));
      double lastLoss = step.take().loss(work.objective).total();
      // Of several micro-batches one alone is a graph.
      Optional<CapturedGraph> whole =
          step.recorded().filter(g -> trained.scale().microBatches() == 1);
      double busy = whole.map(g -> timing.seconds(g::launch)).orElse(Double.NaN);
      int launches = whole.map(CapturedGraph::size).orElse(0);
      long peak = ops.memoryReport().peak();
      profile.counting(true);
      int counted = TrainStep.ORDINARY_STEPS;
      for (int i = 0; i < counted; i++) {
        work.run(unrecorded);
      }
      return new Measured(
          seconds.median(),
          seconds.lower(),
          seconds.upper(),
          busy,
          launches,
          peak,
          profile.share(n -> n.startsWith("conv") && !n.equals("convert")),
          profile.share(n -> n.startsWith("neuron") || n.endsWith("Statistics")),
          profile.operations(counted),
          first,
          lastLoss);
    }
  }

  /** The table over works; a batch that does not fit is halved. */
  void measure(Results results, List<Work> works) {
    results.section(
        "Training steps",
        "Upload of a batch, forward of teacher and student, losses, backward and SGD; medians of"
            + " steps back to back. Host overhead is the share of the step that is left when the"
            + " recorded step alone is launched back to back, with no upload between; \"-\" where"
            + " the device records no steps. Launches are the kernels, copies and fills of a"
            + " recorded step, those of libraries too. Memory is the most in tensors at a time, with"
            + " workspaces and other buffers of a GPU's libraries. Convolution and neuron are shares"
            + " of the sum over operations in steps of their own, neither recorded nor in the other"
            + " columns, with a wait after each operation.",
        "Work",
        "Batch",
        "T",
        "Implementation",
        "Images/s",
        "ms",
        "Peak MiB",
        "Convolution",
        "Neuron",
        "Host overhead",
        "Launches");
    for (Work work : works) {
      results.row(work.name() + ", T = " + work.steps, () -> row(work));
    }
  }

  private List<String> row(Work work) {
    try {
      Measured m = measure(work);
      if (!Double.isFinite(m.lastLoss)) {
        throw new IllegalStateException(
            "the loss of " + work.name() + " is " + m.lastLoss + "; nothing was measured");
      }
      return List.of(
          work.name(),
          cell("%d", work.batch),
          cell("%d", work.steps),
          Results.SAKD + " " + storage,
          cell("%.1f", work.batch / m.seconds),
          cell("%.2f", m.seconds * 1e3),
          cell("%.1f", m.peakBytes / 0x1p20),
          cell("%.0f %%", 100 * m.convolution),
          cell("%.0f %%", 100 * m.neuron),
          Double.isNaN(m.busySeconds) ? "-" : cell("%.1f %%", 100 * m.hostOverhead()),
          m.launches == 0 ? "-" : cell("%d", m.launches));
    } catch (OutOfDeviceMemory e) {
      if (work.batch == 1) {
        throw e;
      }
      return row(work.withBatch(work.batch / 2));
    }
  }
}
