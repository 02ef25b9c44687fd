package sakd.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sakd.device.UserSource;
import sakd.model.Own;
import sakd.ops.Ops;
import sakd.report.Report;
import sakd.run.RunArguments;

/** {@code report}: a page about runs. */
@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes one page about runs, side by side: curves, tables, what the networks do with test"
          + " images.",
      "The data set is what a run was trained on, unless options say otherwise. A run that was"
          + " interrupted, or still runs, is shown as far as it is."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd report runs/first",
      "sakd report runs/first runs/second --output comparison.html"
    })
final class ReportCommand implements Callable<Integer> {
  @Parameters(paramLabel = "RUN", arity = "1..*", description = "Run directories.")
  private List<Path> runs;

  @Option(
      names = "--output",
      paramLabel = "FILE.html",
      description = "The page (default: report.html in the first run directory).")
  private Path output;

  @Option(
      names = "--neuron-file",
      paramLabel = "FILE.h",
      description = "For runs with a neuron of your own: its file, which is compiled and run.")
  private Path neuronFile;

  @Mixin private DataOptions data;
  @Mixin private DeviceOptions device;

  @Spec private CommandLine.Model.CommandSpec spec;

  /** The options of a run that a report needs; others are left alone. */
  @Command
  private static final class OfRun {
    @Mixin private DataOptions data;
  }

  @Override
  public Integer call() {
    Path file = output == null ? runs.get(0).resolve(Report.FILE) : output;
    List<String> own = spec.commandLine().getParseResult().originalArgs();
    try (Ops ops = device.open()) {
      Report.write(
          file,
          runs,
          (run, args) -> {
            OfRun ofRun = new OfRun();
            CommandLine line = new CommandLine(ofRun);
            Values.register(line);
            Path from = RunArguments.startedIn(run).filter(Files::isDirectory).orElse(Path.of(""));
            Values.pathsFrom(from, line);
            line.setUnmatchedArgumentsAllowed(true).setOverwrittenOptionsAllowed(true);
            line.setExpandAtFiles(false);
            line.setErr(spec.commandLine().getErr());
            List<String> all = new ArrayList<>(args);
            all.addAll(own);
            line.parseArgs(all.toArray(String[]::new));
            if (data.dataPath != null) {
              ofRun.data.dataPath = data.dataPath; // From the current folder.
            }
            return ofRun.data.open(false);
          },
          new Own(null, neuronFile == null ? null : UserSource.read(neuronFile)),
          ops,
          device.storage(ops));
    }
    spec.commandLine().getOut().println("report  " + file);
    return 0;
  }
}
