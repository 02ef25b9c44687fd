package sakd.bench;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
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
    LINEAR
  }

  private static final int T = 4;

  private final Ops ops;
  private final DType storage;
  private final boolean quick;

  /**
   * @param quick everything once and small, to see that it runs
   */
  public Bench(Ops ops, DType storage, boolean quick) {
    this.ops = ops;
    this.storage = storage;
    this.quick = quick;
  }

  /** Measures these parts. */
  public void run(Set<Part> parts, Results results) {
    results.title(
        ops.device().description(),
        LocalDate.now(ZoneOffset.UTC)
            + ". Written by `sakd bench`"
            + (quick ? " --quick: small and few, not for comparison." : "."));
    Timing timing = new Timing(ops.device(), quick ? 1 : 7);
    if (parts.contains(Part.KERNELS)) {
      NeuronBench neurons = new NeuronBench(ops, storage, timing);
      double copy = neurons.copyBandwidth(quick ? 1 << 24 : 1 << 30);
      neurons.measure(
          results, quick ? List.of(1, T) : List.of(1, 2, T, 8, 16, 32), elementSteps(), copy);
    }
    if (parts.contains(Part.STEPS)) {
      new StepBench(ops, storage, quick ? 1 : 9).measure(results, works());
    }
    if (parts.contains(Part.LINEAR)) {
      new LinearBench(ops, storage, timing)
          .measure(results, quick ? List.of(64) : List.of(4096, 8192, 16384), quick ? 40 : 500);
    }
  }

  /** 1 M to 1 G in steps of 4. */
  private List<Long> elementSteps() {
    return quick
        ? List.of(1L << 16)
        : LongStream.rangeClosed(10, 15).map(k -> 1L << (2 * k)).boxed().toList();
  }

  private List<StepBench.Work> works() {
    List<StepBench.Work> works = new ArrayList<>();
    for (Method method : List.of(Method.SAKD, Method.DIRECT)) {
      if (quick) {
        works.add(new StepBench.Work(Networks.named("spiking-resnet8"), method, 16, 1, 10, 2, T));
      } else {
        for (String name : List.of("spiking-resnet18", "spiking-resnet19")) {
          works.add(new StepBench.Work(Networks.named(name), method, 32, 3, 10, 128, T));
        }
        for (String name : List.of("sew-resnet18", "sew-resnet34", "sew-resnet50")) {
          NetworkSpec spec = Networks.named(name).withStem(NetworkSpec.Stem.IMAGENET);
          works.add(new StepBench.Work(spec, method, 224, 3, 1000, 112, T));
        }
      }
    }
    return works;
  }
}
