package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.bench.Bench;
import sakd.bench.Results;
import sakd.distill.Method;
import sakd.model.Networks;
import sakd.ops.Neuron;
import sakd.ops.Ops;

/** {@code bench}: verifies, then times, and writes one Markdown file. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures a device: fused neurons, whole training steps, Linear + LIF, sums over ranks.",
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd bench --device cpu",
      "sakd bench --only steps --nets spiking-resnet18 --methods sakd --seconds 60",
      "mpirun -np 2 sakd bench --only comm"
    })
final class BenchCommand implements Callable<Integer> {
  static final String ONLY = "--only";

  /** The part that several processes measure together. */
  static final String COMM = "comm";

  private static final Path RESULTS = Path.of("benchmarks", "results");

  @Mixin private DeviceOptions device;

  @Option(
      names = ONLY,
      paramLabel = "kernels|steps|linear|comm",
      split = ",",
      description =
          "Parts to measure; comm, sums over processes that were started together, only if it is"
              + " named (default: all others).")
  private List<Bench.Part> only;

  @Option(
      names = "--T",
      paramLabel = "N",
      split = ",",
      description = "Time steps of kernels and training steps (default: 1,2,4,8,16,32 and 4).")
  private List<Integer> steps;

  @Option(
      names = "--sizes",
      paramLabel = "N[K|M|G]",
      split = ",",
      converter = Size.class,
      description = "Element-steps of the kernels; 1M is 2^20 (default: 1M,4M,16M,64M,256M,1G).")
  private List<Long> sizes;

  @Option(
      names = "--nets",
      paramLabel = "NAME",
      split = ",",
      description =
          "Networks of the training steps, sew-* on 112 photographs of 224x224, others on 128 images"
              + " of 32x32 (default: spiking-resnet18,spiking-resnet19,sew-resnet18,sew-resnet34,"
              + "sew-resnet50).")
  private List<String> nets;

  @Option(
      names = "--methods",
      paramLabel = "sakd|direct|transfer|logits|features|ann",
      split = ",",
      description = "Methods of the training steps (default: sakd,direct).")
  private List<Method> methods;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description =
          "Start no new row after this many seconds; rows left out are listed "
              + "(default: no limit).")
  private double seconds = Double.POSITIVE_INFINITY;

  @Option(names = "--quick", description = "A few small measurements, to see that it works.")
  private boolean quick;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Markdown file (default: named after the device, in benchmarks/results if that is here).")
  private Path output;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  /** Reads 64M as 64 times 2^20. */
  static final class Size implements CommandLine.ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})([KMG]?)");
    private static final long LEAST = 4 << 10;
    private static final long MOST = 64L << 30;

    @Override
    public Long convert(String text) {
      Matcher form = FORM.matcher(text.toUpperCase(Locale.ROOT));
      if (form.matches()) {
        int unit = "KMG".indexOf(form.group(2)) + 1;
        long size = Long.parseLong(form.group(1)) << (form.group(2).isEmpty() ? 0 : 10 * unit);
        if (size >= LEAST && size <= MOST) {
          return size;
        }
      }
      throw new CommandLine.TypeConversionException(
          "expected a number of element-steps from 4K to 64G, such as 64M for 2^26, give one");
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Bench.Scope scope = scope();
    Values.positive("--seconds", seconds);
    Ranks ranks = ((Main) spec.root().userObject()).ranks();
    try (Ops ops = device.open(ranks.world())) {
      if (ops.ranks() > 1) {
        requireSumsAlone(scope.parts());
      }
      Path path = output != null ? output : named(ops.device().description());
      Results results =
          new Results(
              ranks.first() ? path : null,
              line -> {
                out.println(line);
                out.flush();
              },
              seconds);
      new Bench(ops, device.storage(ops), quick).run(scope, results);
      if (ranks.first()) {
        spec.commandLine().getErr().println("written to " + path);
      }
    }
    return 0;
  }

  /** Several processes have to measure the same things the same number of times. */
  private void requireSumsAlone(Set<Bench.Part> parts) {
    if (!parts.equals(EnumSet.of(Bench.Part.COMM)) || seconds != Double.POSITIVE_INFINITY) {
      throw new UserError(
          "bench was started as several processes, which can measure sums over ranks and for no"
              + " limited time; expected --only comm without --seconds, or one process");
    }
  }

  private Bench.Scope scope() {
    Bench.Scope scope = quick ? Bench.Scope.small() : Bench.Scope.full();
    Set<Bench.Part> parts = only != null ? EnumSet.copyOf(only) : scope.parts();
    concerns("--T", steps, parts, Bench.Part.KERNELS, Bench.Part.STEPS);
    concerns("--sizes", sizes, parts, Bench.Part.KERNELS);
    concerns("--nets", nets, parts, Bench.Part.STEPS);
    concerns("--methods", methods, parts, Bench.Part.STEPS);
    if (steps != null) {
      for (int t : steps) {
        Values.require(
            t >= 1 && t <= Neuron.MAX_STEPS, "--T", t, "1 to " + Neuron.MAX_STEPS + " time steps");
      }
    }
    return new Bench.Scope(
        parts,
        steps != null ? steps : scope.kernelSteps(),
        sizes != null ? sizes : scope.sizes(),
        nets != null ? nets.stream().map(Networks::named).toList() : scope.networks(),
        methods != null ? methods : scope.methods(),
        steps != null ? steps : scope.networkSteps());
  }

  /** Refuses a flag that none of the parts to be measured heeds. */
  private static void concerns(
      String flag, List<?> given, Set<Bench.Part> parts, Bench.Part... heeding) {
    if (given != null && Arrays.stream(heeding).noneMatch(parts::contains)) {
      String names =
          Arrays.stream(heeding)
              .map(p -> p.name().toLowerCase(Locale.ROOT))
              .collect(Collectors.joining(" or "));
      throw new UserError(
          flag
              + " is for "
              + names
              + ", which --only leaves out; add it to --only, or leave "
              + flag
              + " out");
    }
  }

  /** After the part of the description that names the processor. */
  private static Path named(String description) {
    String slug =
        description
            .split("[,;(]", 2)[0]
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^-|-$", "");
    Path file = Path.of(slug + ".md");
    return Files.isDirectory(RESULTS) ? RESULTS.resolve(file) : file;
  }
}
