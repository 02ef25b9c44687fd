package sakd.bench;

import static sakd.bench.Results.cell;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import sakd.device.DType;
import sakd.device.OutOfDeviceMemory;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.WeightTransfer;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.train.Optimizer;

/** Whole training steps: teacher and student forward, losses, backward, SGD, on random images. */
public final class StepBench {
  private static final int TRANSFORM_KERNEL = 3;

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
   * @param peakBytes most bytes in tensors
   * @param convolution share of the time of all operations
   * @param neuron share of fused neurons, batch statistics included
   * @param operations milliseconds and calls a step
   * @param firstLoss of the first step, before any update
   * @param lastLoss of the last step
   */
  public record Measured(
      double seconds,
      long peakBytes,
      double convolution,
      double neuron,
      String operations,
      double firstLoss,
      double lastLoss) {}

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
            work.spec
                .ann()
                .build(Neuron.RELU, 1, work.channels, work.classes, teacherParameters);
        Network student =
            work.spec.build(
                Neuron.LIF, work.steps, work.channels, work.classes, parameters)) {
      DistillationLoss loss =
          new DistillationLoss(
              work.method.select(new DistillationWeights(1, 1, 100, 4, 0)),
              student.stageChannels(),
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
      try (Optimizer optimizer = Optimizer.sgd(ops, parameters, 0.9f, 5e-4f, true, 0);
          RandomTensors tensors = new RandomTensors(ops)) {
        Tensor images =
            tensors.normal(3, 1, storage, 1, work.batch, work.size, work.size, work.channels);
        Tensor labels = tensors.empty(DType.I32, work.batch);
        Transfers.setInts(
            ops.device(), labels, new Random(4).ints(work.batch, 0, work.classes).toArray());
        double[] last = new double[1];
        Runnable step =
            () -> {
              try (Tape tape = new Tape(ops, Tape.Mode.TRAIN, storage)) {
                last[0] = objective.compute(tape, tape.input(images), labels).terms().total();
                tape.backward();
                optimizer.step(0.1);
              }
            };
        step.run();
        double first = last[0];
        for (int i = 1; i < timed / 2; i++) {
          step.run();
        }
        ops.resetPeak();
        double seconds = new Timing(ops.device(), timed).seconds(step);
        double lastLoss = last[0];
        long peak = ops.memoryReport().peak();
        profile.counting(true);
        int counted = Math.max(1, timed / 4);
        for (int i = 0; i < counted; i++) {
          step.run();
        }
        return new Measured(
            seconds,
            peak,
            profile.share(n -> n.startsWith("conv") && !n.equals("convert")),
            profile.share(n -> n.startsWith("neuron") || n.endsWith("Statistics")),
            profile.list(counted),
            first,
            lastLoss);
      }
    }
  }

  /** The table over works; a batch that does not fit is halved. */
  void measure(Results results, List<Work> works) {
    results.section(
        "Training steps",
        "Forward of teacher and student, losses, backward and SGD; medians. Memory is the most in"
            + " tensors at a time. The shares are of the sum over operations, with a wait after"
            + " each.",
        "Work",
        "Batch",
        "T",
        "Implementation",
        "Images/s",
        "ms",
        "Peak MiB",
        "Convolution",
        "Neuron");
    for (Work work : works) {
      results.row(row(work));
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
          cell("%.0f %%", 100 * m.neuron));
    } catch (OutOfDeviceMemory e) {
      if (work.batch == 1) {
        throw e;
      }
      return row(work.withBatch(work.batch / 2));
    }
  }
}
