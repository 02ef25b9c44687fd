package sakd.bench;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import sakd.device.DType;
import sakd.distill.Method;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.Ops;

/** What the command bench measures, in full and in small. */
public final class Bench {
  /** The parts, each one table. */
  public enum Part {
    KERNELS,
    STEPS,
    LINEAR,
    /** Of several processes, and so only where it is asked for. */
    COMM;

    private static Set<Part> ofOneProcess() {
      return EnumSet.complementOf(EnumSet.of(COMM));
    }
  }

  /**
   * What to measure.
   *
   * @param kernelSteps Ts of the kernels
   * @param sizes element-steps of the kernels
   * @param networks whose training steps are measured: SEW-ResNets on photographs of 224x224, the
   *     others on images of 32x32
   * @param networkSteps Ts of these
   */
  public record Scope(
      Set<Part> parts,
      List<Integer> kernelSteps,
      List<Long> sizes,
      List<NetworkSpec> networks,
      List<Method> methods,
      List<Integer> networkSteps) {
    /**
     * Everything that one process can measure: of sizes 1 M to 1 G in steps of 4, of networks those
     * that papers train.
     */
    public static Scope full() {
      return new Scope(
          Part.ofOneProcess(),
          List.of(1, 2, 4, 8, 16, 32),
          LongStream.rangeClosed(10, 15).mapToObj(k -> 1L << (2 * k)).toList(),
          Stream.of(
                  "spiking-resnet18",
                  "spiking-resnet19",
                  "sew-resnet18",
                  "sew-resnet34",
                  "sew-resnet50")
              .map(Networks::named)
              .toList(),
          List.of(Method.SAKD, Method.DIRECT),
          List.of(4));
    }

    /** Little of each part. */
    public static Scope small() {
      return new Scope(
          Part.ofOneProcess(),
          List.of(1, 4),
          List.of(1L << 16),
          List.of(Networks.named("spiking-resnet8")),
          List.of(Method.SAKD, Method.DIRECT),
          List.of(4));
    }
  }

  private final Ops ops;
  private final DType storage;
  private final boolean quick;

  /**
   * @param quick everything once, on small images in small batches, to see that it runs
   */
  public Bench(Ops ops, DType storage, boolean quick) {
    this.ops = ops;
    this.storage = storage;
    this.quick = quick;
  }

  /**
   * Measures these things, one row after the other.
   *
   * @throws sakd.base.UserError if sums over ranks are to be measured and there is one alone
   */
  public void run(Scope scope, Results results) {
    try (CommBench sums =
        scope.parts.contains(Part.COMM) ? new CommBench(ops, quick ? 1 : 7) : null) {
      measure(scope, results, sums);
    }
  }

  private void measure(Scope scope, Results results, CommBench sums) {
    results.title(
        ops.device().description(),
        LocalDate.now(ZoneOffset.UTC)
            + ". Written by `sakd bench`"
            + (quick ? " --quick: small and few, not for comparison." : "."));
    Timing timing = new Timing(ops.device(), quick ? 1 : 7);
    if (scope.parts.contains(Part.KERNELS)) {
      NeuronBench neurons = new NeuronBench(ops, storage, timing);
      double copy = neurons.copyBandwidth(quick ? 1 << 24 : 1 << 30);
      neurons.measure(results, scope.kernelSteps, scope.sizes, copy);
    }
    if (scope.parts.contains(Part.STEPS)) {
      new StepBench(ops, storage, quick ? 1 : 9).measure(results, works(scope));
    }
    if (scope.parts.contains(Part.LINEAR)) {
      new LinearBench(ops, storage, timing)
          .measure(results, quick ? List.of(64) : List.of(4096, 8192, 16384), quick ? 40 : 500);
    }
    if (sums != null) {
      IntStream powers = quick ? IntStream.of(6, 8) : IntStream.rangeClosed(6, 13);
      sums.measure(results, powers.map(k -> 1 << (2 * k)).boxed().toList());
    }
    results.end();
  }

  /** The training steps of a scope. */
  List<StepBench.Work> works(Scope scope) {
    List<StepBench.Work> works = new ArrayList<>();
    for (NetworkSpec network : scope.networks) {
      for (Method method : scope.methods) {
        for (int steps : method == Method.ANN ? List.of(1) : scope.networkSteps) {
          works.add(work(network, method, steps));
        }
      }
    }
    return works;
  }

  private StepBench.Work work(NetworkSpec network, Method method, int steps) {
    boolean photographs = network.name().startsWith("sew-");
    NetworkSpec spec = photographs ? network.withStem(NetworkSpec.Stem.IMAGENET) : network;
    int classes = photographs ? 1000 : 10;
    if (quick) {
      return new StepBench.Work(spec, method, 16, 3, classes, 2, steps);
    }
    return photographs
        ? new StepBench.Work(spec, method, 224, 3, classes, 112, steps)
        : new StepBench.Work(spec, method, 32, 3, classes, 128, steps);
  }
}
