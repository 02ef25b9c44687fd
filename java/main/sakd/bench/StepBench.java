package sakd.bench;

import static sakd.bench.Results.cell;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.Targets;
import sakd.data.set.MemoryDataset;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.device.OutOfDeviceMemory;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.WeightTransfer;
import sakd.infer.BatchUploader;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.train.Optimizer;
import sakd.train.TrainStep;

/**
 * Whole training steps as the trainer makes them ({@link TrainStep}), recorded where the device
 * can: upload of a batch, teacher and student forward, losses, backward, SGD, tally of the losses.
 */
public final class StepBench {
  private static final int TRANSFORM_KERNEL = 3;

  /**
   * A sample's first upload has no step before it to hide behind and its end is waited for, which
   * in an epoch is so once: in a sample of that length neither shows.
   */
  private static final double SAMPLE_SECONDS = 0.25;

  /**
   * What is trained.
   *
   * @param size height and width of the images
   * @param batch images a step
   * @param steps T
   */
  public record Work(
      NetworkSpec spec, Method method, int size, int channels, int classes, int batch, int steps) {
    Work withBatch(int images) {
      return new Work(spec, method, size, channels, classes, images, steps);
    }

    /** As peers call it too: their rows are compared with those of the same name. */
    String name() {
      return cell("%s %dx%d %s", spec.name(), size, size, method.name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * What was measured.
   *
   * @param seconds of a step, the median
   * @param busySeconds of the recorded step alone, launched back to back: what the device needs;
   *     NaN where the device records nothing
   * @param launches what the recorded step holds; 0 where the device records nothing
   * @param peakBytes most bytes in use, as {@link Ops.MemoryReport#peak}
   * @param convolution share of the time of all operations
   * @param neuron share of fused neurons, batch statistics included
   * @param operations milliseconds and calls a step
   * @param firstLoss of the first step, before any update
   * @param lastLoss of the last step
   */
  public record Measured(
      double seconds,
      double busySeconds,
      int launches,
      long peakBytes,
      double convolution,
      double neuron,
      String operations,
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
  public Measured measure(Work work) {
    OpsProfile profile = new OpsProfile(plain);
    Ops ops = profile.ops();
    Parameters teacherParameters = new Parameters(1);
    Parameters parameters = new Parameters(2);
    try (Network teacher =
            work.spec.ann().build(Neuron.RELU, 1, work.channels, work.classes, teacherParameters);
        Network student = student(work, parameters)) {
      DistillationLoss loss =
          new DistillationLoss(
              Task.of(work.spec.targetKind()),
              DistillationForm.PUBLISHED,
              work.method.select(weights(work.spec)),
              student,
              TRANSFORM_KERNEL,
              parameters);
      if (work.method.needsTeacher()) {
        teacherParameters.allocate(ops);
      }
      parameters.allocate(ops);
      if (work.method.transfersWeights()) {
        WeightTransfer.transfer(teacherParameters, parameters);
      }
      DistillationObjective objective = new DistillationObjective(student, teacher, loss);
      try (Optimizer optimizer =
              Optimizer.sgd(ops, parameters, 0.9f, 5e-4f, true, 0, storage == DType.F16);
          BatchUploader inputs = new BatchUploader(ops, random(work, 1));
          TrainStep step =
              new TrainStep(ops, inputs, objective, optimizer, null, storage, work.batch);
          TrainStep unrecorded =
              new TrainStep(ops, inputs, objective, optimizer, null, storage, work.batch);
          Epoch epoch =
              new DataLoader(random(work, work.batch), work.batch, false, false, Augment.NONE, 0, 0)
                  .epoch(0)) {
        optimizer.learningRate(0.1);
        // Before the recording, whose memory no launch asks for again.
        ops.resetPeak();
        Batch batch = epoch.next();
        step.run(batch);
        double first = step.take().loss(objective).total();
        for (int i = 0; i < Math.max(TrainStep.ORDINARY_STEPS, timed / 2); i++) {
          step.run(batch);
        }
        step.take();
        Timing timing = new Timing(ops.device(), timed, SAMPLE_SECONDS);
        double seconds = timing.seconds(() -> step.run(batch));
        double lastLoss = step.take().loss(objective).total();
        double busy = step.recorded().map(g -> timing.seconds(g::launch)).orElse(Double.NaN);
        int launches = step.recorded().map(CapturedGraph::size).orElse(0);
        long peak = ops.memoryReport().peak();
        profile.counting(true);
        int counted = TrainStep.ORDINARY_STEPS;
        for (int i = 0; i < counted; i++) {
          unrecorded.run(batch);
        }
        return new Measured(
            seconds,
            busy,
            launches,
            peak,
            profile.share(n -> n.startsWith("conv") && !n.equals("convert")),
            profile.share(n -> n.startsWith("neuron") || n.endsWith("Statistics")),
            profile.list(counted),
            first,
            lastLoss);
      }
    }
  }

  private static DistillationWeights weights(NetworkSpec spec) {
    int ofBoxes = spec.targetKind() == Targets.Kind.BOXES ? 1 : 0;
    return new DistillationWeights(1, 1, 100, ofBoxes, ofBoxes, 4, 0);
  }

  /** What is trained: the spiking network, or with {@link Method#ANN} the ordinary one. */
  private static Network student(Work work, Parameters parameters) {
    boolean ann = work.method == Method.ANN;
    return (ann ? work.spec.ann() : work.spec)
        .build(ann ? Neuron.RELU : Neuron.LIF, work.steps, work.channels, work.classes, parameters);
  }

  /** Random images and what is to be found in them. */
  private static Dataset random(Work work, int images) {
    Dataset pictures = pictures(work, images);
    return switch (work.spec.targetKind()) {
      case CLASSES -> pictures;
      case MASKS -> new RandomMasks(pictures);
      case BOXES -> new RandomBoxes(pictures);
    };
  }

  private static Dataset pictures(Work work, int images) {
    Random random = new Random(3);
    byte[] pixels = new byte[images * work.channels * work.size * work.size];
    random.nextBytes(pixels);
    float[] mean = new float[work.channels];
    float[] std = new float[work.channels];
    Arrays.fill(mean, 0.5f);
    Arrays.fill(std, 0.29f);
    List<String> classes = IntStream.range(0, work.classes).mapToObj(Integer::toString).toList();
    return new MemoryDataset(
        new DatasetInfo("random", classes, mean, std, false),
        work.size,
        work.size,
        pixels,
        random.ints(images, 0, work.classes).toArray());
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
