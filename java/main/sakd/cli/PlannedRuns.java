package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.run.RunArguments;

/**
 * The trainings that a command runs one after another, each in a run directory of its own; called
 * again, it goes on where it stopped.
 */
final class PlannedRuns {
  static final String METHOD = "--method";
  static final String TEACHER = "--teacher";
  static final String SEED = "--seed";

  /** The default of {@code --seed}. */
  private static final long FIRST_SEED = 0;

  private final PrintWriter out;
  private final PrintWriter err;
  private final Map<Path, PlannedRun> runs = new LinkedHashMap<>();

  /**
   * @param out where the runs will print
   * @param err where they will complain
   */
  PlannedRuns(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  /** The seeds to train with: those that are given, or the one of a run that says nothing. */
  static List<Long> seeds(List<Long> given) {
    return given.isEmpty() ? List.of(FIRST_SEED) : given;
  }

  /** The settings with a seed. */
  static List<String> seeded(List<String> settings, long seed) {
    List<String> with = new ArrayList<>(settings);
    if (seed != FIRST_SEED) {
      with.addAll(List.of(SEED, Long.toString(seed)));
    }
    return with;
  }

  /** The seed of some settings, parsed. */
  static long seed(List<String> settings) {
    return Arguments.value(SEED, settings).map(Long::valueOf).orElse(FIRST_SEED);
  }

  /** The run directory: without seeds, the one of the first of several. */
  static Path folder(Path parent, String name, long seed) {
    return parent.resolve(seed == FIRST_SEED ? name : name + "-seed" + seed);
  }

  /** In the order in which they are run. */
  List<PlannedRun> all() {
    return List.copyOf(runs.values());
  }

  /** The run in a folder, or null. */
  PlannedRun in(Path folder) {
    return runs.get(folder);
  }

  /** A share of some runs, such as a score, in per cent. */
  static Spread percents(List<PlannedRun> runs, ToDoubleFunction<PlannedRun> share) {
    return Spread.of(runs.stream().mapToDouble(share).map(s -> 100 * s).toArray());
  }

  /** The time that training some runs took. */
  static String time(List<PlannedRun> runs) {
    return Numbers.duration(runs.stream().mapToDouble(PlannedRun::seconds).sum());
  }

  /** What a table of some runs says below of its figures; empty if they have one seed. */
  static Optional<String> ofSeeds(List<PlannedRun> runs) {
    List<String> seeds = runs.stream().map(run -> Long.toString(run.seed())).distinct().toList();
    return seeds.size() > 1
        ? Optional.of(
            "mean ± standard deviation (n - 1) over the seeds " + String.join(", ", seeds))
        : Optional.empty();
  }

  /**
   * The command of some arguments of train, recipes spelt out.
   *
   * @throws UserError if train would not take them
   */
  TrainCommand parsed(List<String> args) {
    try {
      return TrainCommand.parsed(args, Path.of(""), out, err);
    } catch (ParameterException e) {
      throw new UserError(Suggestions.problem(e) + " (see sakd train --help)", e);
    }
  }

  /**
   * Adds a run.
   *
   * @param train its settings, parsed
   * @throws UserError if its folder holds a run of other settings, whose figures would stand for
   *     these
   */
  PlannedRun add(PlannedRun run, TrainCommand train) {
    if (run.isStarted()) {
      requireSame(run, train);
    }
    runs.put(run.folder(), run);
    return run;
  }

  private void requireSame(PlannedRun run, TrainCommand train) {
    Map<String, List<String>> before = options(parsed(RunArguments.of(run.folder())));
    Map<String, List<String>> now = options(train);
    before.remove(TrainCommand.OUTPUT_DIR);
    now.remove(TrainCommand.QUIET); // It is no setting of a run.
    if (run.teacher() != null) {
      before.remove(TEACHER);
    }
    if (!before.equals(now)) {
      String differing =
          now.keySet().stream()
              .filter(o -> !now.get(o).equals(before.get(o)))
              .findFirst()
              .orElseGet(
                  () ->
                      before.keySet().stream().filter(o -> !now.containsKey(o)).findFirst().get());
      throw new UserError(
          run.folder()
              + " holds a run with other settings ("
              + shown(differing, before)
              + ", now "
              + shown(differing, now)
              + "); expected the same ones, give them again or another --output-dir");
    }
  }

  private static String shown(String option, Map<String, List<String>> given) {
    List<String> values = given.get(option);
    return values == null ? "no " + option : (option + " " + String.join(",", values)).strip();
  }

  /** The options that were given, with their values as they were typed. */
  private static Map<String, List<String>> options(TrainCommand train) {
    Map<String, List<String>> given = new TreeMap<>();
    for (OptionSpec option : train.given()) {
      given.put(option.longestName(), option.originalStringValues());
    }
    return given;
  }

  /** Every run in its order: its state, its folder, its teacher and its command line. */
  void print(Function<PlannedRun, String> title) {
    int number = 1;
    for (PlannedRun run : all()) {
      out.printf("%d. %s: %s%n", number++, run.folder().getFileName(), title.apply(run));
      line("state", state(run));
      line("folder", run.folder().toString());
      if (run.teacher() != null) {
        int by = all().indexOf(run.teacher()) + 1;
        line("teacher", run.teacher().weights() + " (trained by " + by + ")");
      }
      line(
          "command",
          "sakd " + String.join(" ", run.command().stream().map(Shell::quoted).toList()));
    }
    out.flush();
  }

  private void line(String what, String text) {
    out.printf("   %-8s %s%n", what, text);
  }

  private static String state(PlannedRun run) {
    long done = run.epochsDone();
    return !run.isStarted()
        ? "new, " + Numbers.count(run.epochs(), "epoch")
        : done < run.epochs() ? done + " of " + run.epochs() + " epochs done" : "done";
  }

  /**
   * Starts a run, or goes on with it.
   *
   * @param main the command line that this is a part of
   * @return the exit code
   */
  int train(PlannedRun run, Main main, String title) {
    err.println("== " + run.folder().getFileName() + ": " + title);
    return Main.execute(main.within(out, err), run.command());
  }
}
