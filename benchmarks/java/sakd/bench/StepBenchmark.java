package sakd.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sakd.device.DType;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.WeightTransfer;
import sakd.model.Network;
import sakd.model.ResNet;
import sakd.model.ResNetSpec;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Backend;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.train.Optimizer;

/**
 * Times whole training steps (teacher and student forward, backward, SGD) on random images, and
 * says where the time goes. Prints a line of JSON like the scripts in benchmarks/peers.
 */
@CommandLine.Command(name = "step", mixinStandardHelpOptions = true)
public final class StepBenchmark implements Callable<Integer> {
  @Option(names = "--device", defaultValue = "cpu")
  private String device;

  @Option(names = "--model", defaultValue = "spiking-resnet18")
  private String model;

  @Option(names = "--method", defaultValue = "sakd")
  private Method method;

  @Option(names = "--dtype", defaultValue = "F32")
  private DType storage;

  @Option(names = "--batch", defaultValue = "16")
  private int batch;

  @Option(names = "--T", defaultValue = "4")
  private int steps;

  @Option(names = "--size", defaultValue = "32")
  private int size;

  @Option(names = "--channels", defaultValue = "3")
  private int channels;

  @Option(names = "--steps", defaultValue = "10")
  private int timed;

  @Option(names = "--warmup", defaultValue = "4")
  private int warmup;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new StepBenchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() {
    OpsProfile profile = new OpsProfile(Backend.open(device));
    try (Ops ops = profile.ops()) {
      ResNetSpec spec = ResNetSpec.named(model);
      Parameters teacherParameters = new Parameters(1);
      Network teacher = new ResNet(spec.ann(), Neuron.RELU, 1, channels, 10, teacherParameters);
      teacherParameters.allocate(ops);
      Parameters parameters = new Parameters(2);
      Network student = new ResNet(spec, Neuron.LIF, steps, channels, 10, parameters);
      DistillationLoss loss =
          new DistillationLoss(
              method.select(new DistillationWeights(1, 1, 100, 4, 0)),
              student.stageChannels(),
              3,
              parameters);
      parameters.allocate(ops);
      WeightTransfer.transfer(teacherParameters, parameters);
      DistillationObjective objective = new DistillationObjective(student, teacher, loss);
      double[] seconds = new double[timed];
      float first = 0;
      float last = 0;
      try (Optimizer optimizer = Optimizer.sgd(ops, parameters, 0.9f, 5e-4f, true, 0);
          Tensor images = ops.allocate(storage, 1, batch, size, size, channels);
          Tensor labels = ops.allocate(DType.I32, batch)) {
        fillRandom(ops, images, labels);
        for (int i = -warmup; i < timed; i++) {
          if (i == 0) {
            profile.reset();
            ops.resetPeak();
          }
          long start = System.nanoTime();
          try (Tape tape = new Tape(ops, Tape.Mode.TRAIN, storage)) {
            var result = objective.compute(tape, tape.input(images), labels);
            tape.backward();
            optimizer.step(0.1);
            last = (float) result.terms().total();
          }
          ops.device().synchronize();
          if (i == -warmup) {
            first = last;
          }
          if (i >= 0) {
            seconds[i] = (System.nanoTime() - start) * 1e-9;
          }
        }
      }
      report(profile, seconds, first, last, ops.memoryReport().peak());
    }
    return 0;
  }

  private void fillRandom(Ops ops, Tensor images, Tensor labels) {
    Random random = new Random(3);
    ByteBuffer pixels =
        ByteBuffer.allocateDirect(Math.toIntExact(4 * images.size()))
            .order(java.nio.ByteOrder.nativeOrder());
    while (pixels.hasRemaining()) {
      pixels.putFloat((float) random.nextGaussian());
    }
    try (Tensor plain = ops.allocate(DType.F32, images.shape())) {
      ops.device().upload(pixels.flip(), plain.memory());
      ops.convert(plain, images);
    }
    ByteBuffer classes =
        ByteBuffer.allocateDirect(4 * batch).order(java.nio.ByteOrder.nativeOrder());
    for (int i = 0; i < batch; i++) {
      classes.putInt(random.nextInt(10));
    }
    ops.device().upload(classes.flip(), labels.memory());
  }

  private void report(
      OpsProfile profile, double[] seconds, float first, float last, long peakBytes) {
    double[] sorted = seconds.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    double total = Arrays.stream(seconds).sum();
    double conv = profile.seconds(n -> n.startsWith("conv") && !n.equals("convert")) / total;
    double neuron =
        profile.seconds(n -> n.startsWith("neuron") || n.endsWith("Statistics")) / total;
    System.out.printf(
        Locale.ROOT,
        "{\"peer\": \"sakd\", \"device\": \"%s\", \"model\": \"%s\", \"step_s\": %.4f, "
            + "\"step_s_min\": %.4f, \"images_per_s\": %.2f, \"method\": \"%s\", "
            + "\"dtype\": \"%s\", \"T\": %d, \"batch\": %d, \"convolution\": %.3f, "
            + "\"neuron\": %.3f, \"rest\": %.3f, \"peak_mib\": %d, \"loss_first\": %.4f, "
            + "\"loss_last\": %.4f}%n",
        device,
        model,
        median,
        sorted[0],
        batch / median,
        method.name().toLowerCase(Locale.ROOT),
        storage,
        steps,
        batch,
        conv,
        neuron,
        1 - conv - neuron,
        peakBytes >> 20,
        first,
        last);
    profile.print(seconds.length);
  }
}
