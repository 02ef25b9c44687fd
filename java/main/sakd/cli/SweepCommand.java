package sakd.cli;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.distill.Method;

/** {@code sweep}: trains every combination of some options' values and compares the scores. */
@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains every combination of some options' values, each in a run directory of its own, and "
          + "prints a table of their scores. All other options go to train; without --method it is "
          + "sakd, with nothing trained for comparison.",
      "A teacher is trained once with each seed, and again only for options that matter to it: "
          + "--lr and --epochs do not if --teacher-lr and --teacher-epochs are given.",
      "Run again, it goes on where it stopped."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd sweep --over kd-temperature=2,4 --over every-step=on,off --seeds 3 --dry-run",
      "sakd sweep @cifar10-resnet18-direct --data-path data --over lr=0.05,0.1 --epochs 30"
    })
final class SweepCommand implements Callable<Integer> {
  /** The largest exit code of a run that broke off; above are those of signals. */
  private static final int BROKEN = 2;

  @Option(
      names = "--over",
      paramLabel = "NAME=V,V...",
      description =
          "An option of train with the values to try: lr=0.05,0.1; off leaves it out: "
              + "self-distill=off,s2w; of one without values every-step=on,off. Given again, every "
              + "combination is trained.")
  private List<String> over = List.of();

  @Mixin private SeedsOption seeds;

  @Option(
      names = TrainCommand.OUTPUT_DIR,
      paramLabel = "DIR",
      defaultValue = "runs/sweep",
      description =
          "Where each training gets its run directory, and sweep.csv a row "
              + "(default: ${DEFAULT-VALUE}).")
  private Path outputDir;

  @Option(
      names = "--dry-run",
      description = "Say what would be run and what of it is done, and run nothing.")
  private boolean dryRun;

  @Unmatched private final List<String> others = new ArrayList<>();

  @Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    if (over.isEmpty()) {
      throw new UserError(
          "--over is missing; expected an option of train with values to try, such as --over"
              + " lr=0.05,0.1, give one or more");
    }
    PlannedRuns runs = new PlannedRuns(out, err);
    Sweep sweep =
        Sweep.plan(
            over.stream().map(SweptOption::of).toList(),
            seeds.seeds(others),
            outputDir,
            others,
            runs);
    if (dryRun) {
      runs.print(SweepCommand::title);
      return 0;
    }
    Main main = (Main) spec.root().userObject();
    // A mistake is to be found before a teacher is trained, not after.
    for (List<String> command : sweep.checks()) {
      int code = Main.execute(main.within(new PrintWriter(Writer.nullWriter()), err), command);
      if (code != 0) {
        return code;
      }
    }
    Set<PlannedRun> broken = new LinkedHashSet<>();
    int first = 0;
    List<PlannedRun> all = runs.all();
    for (PlannedRun run : all) {
      if (broken.contains(run.teacher())) {
        broken.add(run);
        continue;
      }
      String number = " (" + (all.indexOf(run) + 1) + " of " + all.size() + ")";
      int code = runs.train(run, main, title(run) + number);
      // What cannot start is a mistake of all; what diverges says something of its settings.
      if (code > BROKEN || (code != 0 && !run.isStarted())) {
        return code;
      }
      if (code != 0) {
        broken.add(run);
        first = first == 0 ? code : first;
      }
    }
    new SweepTable(sweep, broken, out).results(outputDir);
    if (!broken.isEmpty()) {
      err.println(
          "note: "
              + Numbers.count(broken.size(), "training")
              + " of "
              + all.size()
              + " broke off, see above: "
              + String.join(
                  ", ", broken.stream().map(r -> r.folder().getFileName().toString()).toList()));
    }
    return first;
  }

  private static String title(PlannedRun run) {
    return (run.method() == Method.ANN ? "an ANN" : Values.lower(run.method()))
        + (Arguments.have(PlannedRuns.SEED, run.settings()) ? ", seed " + run.seed() : "");
  }
}
