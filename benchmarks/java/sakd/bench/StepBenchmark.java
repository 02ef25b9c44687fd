package sakd.bench;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.distill.Method;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.model.SegmentationSpec;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.train.Scale;

/** One {@link StepBench}, as a line of JSON like those of the scripts in benchmarks/peers. */
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

  @Option(names = "--classes", defaultValue = "10")
  private int classes;

  @Option(names = "--stem", defaultValue = "CIFAR")
  private NetworkSpec.Stem stem;

  @Option(names = "--output-stride", defaultValue = "8")
  private int outputStride;

  @Option(names = "--channels", defaultValue = "3")
  private int channels;

  @Option(names = "--grad-accum-steps", defaultValue = "1")
  private int microBatches;

  @Option(names = "--checkpoint-activations")
  private boolean checkpointed;

  @Option(names = "--steps", defaultValue = "9")
  private int timed;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new StepBenchmark())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() {
    try (Ops ops = Backend.open(device)) {
      StepBench.Measured m =
          new StepBench(ops, storage, timed)
              .measure(
                  new StepBench.Work(spec(), method, size, channels, classes, batch, steps)
                      .with(new Scale(microBatches, DType.F32, 0).checkpointed(checkpointed)));
      System.out.printf(
          Locale.ROOT,
          "{\"peer\": \"sakd\", \"device\": \"%s\", \"model\": \"%s\", \"size\": %d, \"step_s\": %.4f, "
              + "\"images_per_s\": %.2f, \"host_overhead\": %s, \"method\": \"%s\", \"dtype\": \"%s\", \"T\": %d, "
              + "\"batch\": %d, \"convolution\": %.3f, \"neuron\": %.3f, \"rest\": %.3f, "
              + "\"peak_mib\": %d, \"loss_first\": %.4f, \"loss_last\": %.4f}%n",
          device,
          model,
          size,
          m.seconds(),
          batch / m.seconds(),
          Double.isNaN(m.busySeconds())
              ? "null"
              : String.format(Locale.ROOT, "%.4f", m.hostOverhead()),
          method.name().toLowerCase(Locale.ROOT),
          storage,
          steps,
          batch,
          m.convolution(),
          m.neuron(),
          1 - m.convolution() - m.neuron(),
          m.peakBytes() >> 20,
          m.firstLoss(),
          m.lastLoss());
      System.out.print(m.operations());
    }
    return 0;
  }

  private NetworkSpec spec() {
    NetworkSpec named = Networks.named(model);
    return named instanceof SegmentationSpec s
        ? s.withOutputStride(outputStride)
        : named.targetKind() == Targets.Kind.CLASSES ? named.withStem(stem) : named;
  }
}
