package sakd.bench;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
    String limit = System.getenv("ONEDNN_MAX_CPU_ISA");
    try (Ops ops = Backend.open(device)) {
      StepBench.Measured m =
          new StepBench(ops, storage, timed)
              .measure(
                  new StepBench.Work(spec(), method, size, channels, classes, batch, steps)
                      .with(new Scale(microBatches, DType.F32, 0).checkpointed(checkpointed)));
      System.out.printf(
          Locale.ROOT,
          "{\"peer\": \"sakd\", \"device\": \"%s\", \"isa_limit\": %s, \"model\": \"%s\", \"size\": %d, \"step_s\": %.4f, "
              + "\"step_s_lower\": %.4f, \"step_s_upper\": %.4f, "
              + "\"images_per_s\": %.2f, \"host_overhead\": %s, \"method\": \"%s\", \"dtype\": \"%s\", \"T\": %d, "
              + "\"batch\": %d, \"convolution\": %.3f, \"neuron\": %.3f, \"rest\": %.3f, "
              + "\"peak_mib\": %d, \"loss_first\": %.4f, \"loss_last\": %.4f, \"operations\": [%s]}%n",
          device,
          limit == null ? "null" : '"' + limit + '"',
          model,
          size,
          m.seconds(),
          m.lower(),
          m.upper(),
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
          m.lastLoss(),
          m.operations().stream().map(StepBenchmark::json).collect(Collectors.joining(", ")));
    }
    return 0;
  }

  private static String json(OpsProfile.Operation o) {
    return String.format(
        Locale.ROOT,
        "{\"name\": \"%s\", \"ms\": %.3f, \"calls\": %d, \"gflops\": %.1f}",
        o.name(),
        o.milliseconds(),
        o.calls(),
        o.flops() / o.milliseconds() * 1e-6);
  }

  private NetworkSpec spec() {
    NetworkSpec named = Networks.named(model);
    return named instanceof SegmentationSpec s
        ? s.withOutputStride(outputStride)
        : named.targetKind() == Targets.Kind.CLASSES ? named.withStem(stem) : named;
  }
}
