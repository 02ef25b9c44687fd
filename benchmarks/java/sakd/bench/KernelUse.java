package sakd.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.Mixing;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.KernelSpec;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.distill.WeightSchedule;
import sakd.infer.BatchUploader;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.ops.Encoding;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.testing.CountingDevice;
import sakd.train.Listener;
import sakd.train.LrSchedule;
import sakd.train.Scale;
import sakd.train.TrainSettings;
import sakd.train.WeightDecay;

/**
 * The kernels that a device is asked for by what a GPU machine is measured with: bench in full, and
 * training on CIFAR-10 by every method. The work runs on a device that answers every question as
 * this one does, but has no memory and computes nothing, so it takes seconds.
 */
public final class KernelUse {
  private static final DType STORAGE = DType.BF16;
  private static final int SIDE = 32;

  private static final int STEPS = 4;
  private static final int CLASSES = 10;

  /** One full batch and a rest. */
  private static final int IMAGES = 200;

  private KernelUse() {}

  /** The kernels, in the order in which they are asked for first. */
  public static Set<KernelSpec> of(Device like) {
    CountingDevice counting = new CountingDevice(like);
    try (Ops ops = new KernelOps(counting.device())) {
      Bench.Scope scope = Bench.Scope.full();
      Timing once = new Timing(counting.device(), 1, 0);
      NeuronBench neurons = new NeuronBench(ops, STORAGE, once);
      scope.kernelSteps().forEach(steps -> neurons.row(steps, scope.sizes().get(0), 1));
      StepBench training = new StepBench(ops, STORAGE, 1);
      new Bench(ops, STORAGE, true).works(scope).forEach(training::measure);
      new LinearBench(ops, STORAGE, once).row(4096, 2 * Neuron.MAX_STEPS);
      for (Method method : Method.values()) {
        train(ops, scope.networks().get(0), method);
      }
      look(ops, scope.networks().get(0));
    }
    return counting.kernels();
  }

  /** The report at the end of a training looks at both networks, and their features, in float32. */
  private static void look(Ops ops, NetworkSpec network) {
    Dataset images = images();
    try (BatchUploader inputs = new BatchUploader(ops, images);
        Epoch epoch = new DataLoader(images, IMAGES, false, false, Augment.NONE, 0, 0).epoch(0);
        Tensor seen = inputs.upload(epoch.next()).images(DType.F32)) {
      Parameters ofTeacher = new Parameters(0);
      Parameters ofStudent = new Parameters(0);
      try (Network teacher = network.ann().build(Neuron.RELU, 1, 3, CLASSES, ofTeacher);
          Network student = network.build(Neuron.LIF, STEPS, 3, CLASSES, ofStudent)) {
        ofTeacher.allocate(ops);
        ofStudent.allocate(ops);
        for (Network each : List.of(teacher, student)) {
          try (Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
            each.forward(tape, tape.input(seen), true)
                .stages()
                .forEach(stage -> Pooling.timeMean(tape, stage));
          }
        }
      }
    }
  }

  private static Dataset images() {
    float[] half = {0.5f, 0.5f, 0.5f};
    DatasetInfo info =
        new DatasetInfo(
            "black",
            IntStream.range(0, CLASSES).mapToObj(Integer::toString).toList(),
            half,
            half,
            false);
    return new MemoryDataset(info, SIDE, SIDE, new byte[IMAGES * 3 * SIDE * SIDE], new int[IMAGES]);
  }

  /** An epoch with the published settings. */
  private static void train(Ops ops, NetworkSpec network, Method method) {
    TrainSettings settings =
        new TrainSettings(
            1,
            128,
            TrainSettings.Algorithm.SGD,
            0.1,
            0.9f,
            WeightDecay.ofAll(5e-4f),
            LrSchedule.Cosine.TO_ZERO,
            0,
            0,
            0,
            true,
            Mixing.NONE,
            true,
            0,
            0,
            1,
            STORAGE,
            0,
            Scale.USUAL,
            0);
    DistillationWeights weights = new DistillationWeights(1, 1, 100, 4, 0);
    Plan plan =
        new Plan(
            network,
            network,
            Neuron.LIF,
            STEPS,
            method,
            false,
            null,
            null,
            false,
            false,
            WeightSchedule.constant(weights),
            DistillationForm.PUBLISHED,
            3,
            settings,
            1,
            0.1,
            Encoding.DIRECT);
    Dataset images = images();
    try {
      Path folder = Files.createTempDirectory("sakd-kernels");
      new Pipeline(ops, plan, images, images, folder, new Silent(), line -> {}).run(false);
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Silent implements Listener {
    @Override
    public void step(StepSummary summary) {}

    @Override
    public void epoch(EpochSummary summary) {}
  }
}
