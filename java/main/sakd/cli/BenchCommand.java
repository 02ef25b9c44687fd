package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.bench.Bench;
import sakd.bench.Results;
import sakd.io.AtomicFile;
import sakd.ops.Ops;

/** {@code bench}: verifies, then times, and writes one Markdown file. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measures a device: fused neurons, whole training steps, Linear + LIF.",
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {"sakd bench --device cpu", "sakd bench --only kernels --quick --output bench.md"})
final class BenchCommand implements Callable<Integer> {
  private static final Path RESULTS = Path.of("benchmarks", "results");

  @Mixin private DeviceOptions device;

  @Option(
      names = "--only",
      paramLabel = "kernels|steps|linear",
      split = ",",
      description = "Parts to measure (default: all).")
  private List<Bench.Part> only = List.of(Bench.Part.values());

  @Option(names = "--quick", description = "Small and few, to see that it runs.")
  private boolean quick;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Markdown file (default: named after the device, in benchmarks/results if that is here).")
  private Path output;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (Ops ops = device.open()) {
      Results results =
          new Results(
              line -> {
                out.println(line);
                out.flush();
              });
      new Bench(ops, device.storage(ops), quick).run(EnumSet.copyOf(only), results);
      Path path = output != null ? output : named(ops.device().description());
      AtomicFile.writeText(path, results.text());
      out.println();
      out.println("written to " + path);
    }
    return 0;
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
