package sakd.cli;

import java.io.PrintWriter;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code reproduce}: a table of the paper, row by row, beside what was published. */
@Command(
    name = "reproduce",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains recipes one after another and prints their accuracies beside the published ones. "
          + "An ANN is trained once and teaches every recipe that follows it.",
      "Run again, it goes on where it stopped. All other options go to train."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd reproduce cifar10-resnet18 --data-path data --dry-run",
      "sakd reproduce cifar10-resnet18-sakd --data-path data --seeds 0,1,2"
    })
final class ReproduceCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "1",
      paramLabel = "NAME[,NAME...]",
      hideParamSyntax = true,
      split = ",",
      description =
          "A recipe, or the beginning of the names of several: cifar10-resnet18-sakd, "
              + "cifar100-resnet19, imagenet ... The command recipes lists them.")
  private List<String> names;

  @Option(
      names = TrainCommand.OUTPUT_DIR,
      paramLabel = "DIR",
      defaultValue = "runs/reproduce",
      description = "Where each recipe gets its run directory (default: ${DEFAULT-VALUE}).")
  private Path outputDir;

  @Mixin private SeedsOption seeds;

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
    Set<String> recipes = new LinkedHashSet<>();
    names.forEach(name -> recipes.addAll(Recipes.experiments(name)));
    PlannedRuns runs = new PlannedRuns(out, err);
    Reproduction.plan(List.copyOf(recipes), seeds.seeds(others), outputDir, others, runs);
    if (dryRun) {
      runs.print(ReproduceCommand::title);
      return 0;
    }
    Main main = (Main) spec.root().userObject();
    for (PlannedRun run : runs.all()) {
      int code = runs.train(run, main, title(run));
      if (code != 0) {
        return code;
      }
    }
    new ReproduceTable(runs.all(), out).results();
    return 0;
  }

  private static String title(PlannedRun run) {
    return Recipes.title(run.name());
  }
}
