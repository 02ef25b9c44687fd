package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import sakd.base.UserError;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.run.RunArguments;
import sakd.run.Summary;
import sakd.train.Trainer;

/**
 * The runs of {@code reproduce}, each after the one that trains its teacher. All that follow one
 * ANN share it: rows that differ in method, in T, or in how their blocks join.
 */
final class Reproduction {
  static final long FIRST_SEED = 0;

  private static final String METHOD = "--method";
  private static final String TEACHER = "--teacher";
  private static final String TEACHER_MODEL = "--teacher-model";
  private static final String SEED = "--seed";

  /**
   * One training.
   *
   * @param teacher the run whose network it follows, or null
   * @param settings what train is given but for the run directory and a shared teacher
   * @param folder the run directory
   * @param method what is trained
   * @param epochs of the student, or of the ANN where that alone is trained
   */
  record Run(
      String recipe,
      long seed,
      Run teacher,
      List<String> settings,
      Path folder,
      Method method,
      int epochs) {
    /** The arguments of the command that starts the run, or goes on with it. */
    List<String> command() {
      List<String> args = new ArrayList<>(List.of("train"));
      if (isStarted()) {
        args.addAll(List.of(TrainCommand.RESUME, folder.toString()));
        if (settings.contains(TrainCommand.QUIET)) {
          args.add(TrainCommand.QUIET);
        }
        return args;
      }
      args.addAll(settings);
      if (teacher != null) {
        args.addAll(List.of(TEACHER, teacher.weights().toString()));
      }
      args.addAll(List.of(TrainCommand.OUTPUT_DIR, folder.toString()));
      return args;
    }

    boolean isStarted() {
      return RunArguments.areIn(folder);
    }

    /** The trained network. */
    Path weights() {
      return folder.resolve(Trainer.BEST);
    }

    /** As summary.csv calls what is trained. */
    String phase() {
      return method == Method.ANN ? Pipeline.TEACHER : Values.lower(method);
    }

    /** How much of the training is done. */
    long epochsDone() {
      return isStarted() ? new Summary(folder).epochs(phase()) : 0;
    }
  }

  private final Path outputDir;
  private final List<String> others;
  private final PrintWriter out;
  private final PrintWriter err;
  private final Map<Path, Run> runs = new LinkedHashMap<>();

  private Reproduction(Path outputDir, List<String> others, PrintWriter out, PrintWriter err) {
    this.outputDir = outputDir;
    this.others = others;
    this.out = out;
    this.err = err;
  }

  /**
   * What has to run for some recipes.
   *
   * @param recipes rows of tables
   * @param seeds each recipe is trained with every one; empty for what {@code others} say
   * @param others options of train that go to every run
   * @param out where the runs will print
   * @param err where they will complain
   * @throws UserError if train would not take the options, or a folder holds a run of others
   */
  static List<Run> of(
      List<String> recipes,
      List<Long> seeds,
      Path outputDir,
      List<String> others,
      PrintWriter out,
      PrintWriter err) {
    for (String flag : List.of(METHOD, TrainCommand.RESUME, TrainCommand.CONFIG)) {
      if (Arguments.have(flag, others)) {
        throw new UserError(
            flag + " cannot be given to reproduce, whose recipes settle it; leave it out");
      }
    }
    if (!seeds.isEmpty() && Arguments.have(SEED, others)) {
      throw new UserError("--seed and --seeds are both given; expected one of them, leave one out");
    }
    if (Arguments.have(TEACHER_MODEL, others) && !Arguments.have(TEACHER, others)) {
      throw new UserError(
          TEACHER_MODEL
              + " is given, and the recipes' teachers are the ANNs of their students; expected a"
              + " trained one beside it, give --teacher too");
    }
    // With a teacher that is trained already, no ANN is left to train.
    List<String> rows =
        Arguments.have(TEACHER, others)
            ? recipes.stream().filter(recipe -> !recipe.equals(ann(recipe))).toList()
            : recipes;
    if (rows.isEmpty()) {
      throw new UserError(
          "--teacher is for students, and "
              + String.join(", ", recipes)
              + " trains an ANN; expected recipes of students, leave --teacher out");
    }
    Reproduction plan = new Reproduction(outputDir, others, out, err);
    for (long seed : seeds.isEmpty() ? List.of(FIRST_SEED) : seeds) {
      rows.forEach(recipe -> plan.run(recipe, seed));
    }
    return List.copyOf(plan.runs.values());
  }

  /** The run of a recipe, planned at its first use. */
  private Run run(String recipe, long seed) {
    // Seed 0 is the default: a run without --seeds is the first of those with.
    boolean first = seed == FIRST_SEED;
    Path folder = outputDir.resolve(first ? recipe : recipe + "-seed" + seed);
    Run known = runs.get(folder);
    if (known != null) {
      return known;
    }
    List<String> settings = new ArrayList<>(List.of("@" + recipe));
    settings.addAll(others);
    if (!first) {
      settings.addAll(List.of(SEED, Long.toString(seed)));
    }
    TrainCommand train = parsed(Recipes.expand(settings));
    boolean shares = train.teacherEpochs().isPresent() && !Arguments.have(TEACHER, others);
    Run run =
        new Run(
            recipe,
            seed,
            shares ? run(ann(recipe), seed) : null,
            settings,
            folder,
            train.method(),
            train.epochs());
    requireSame(run, train);
    runs.put(folder, run);
    return run;
  }

  /**
   * The recipe of the ANN that a row follows: that of cifar10-resnet18-sakd-t2 is
   * cifar10-resnet18-ann, and that of imagenet-sew-resnet18-sakd is imagenet-resnet18-ann, as an
   * ANN has no blocks that join spikes.
   */
  static String ann(String row) {
    return row.replace("-sew-", "-").replaceFirst("-[a-z]+(-t\\d+)?$", "-ann");
  }

  private TrainCommand parsed(List<String> args) {
    try {
      return TrainCommand.parsed(args, Path.of(""), out, err);
    } catch (ParameterException e) {
      throw new UserError(Suggestions.problem(e) + " (see sakd train --help)", e);
    }
  }

  /** Refuses to go on with a run of other settings, whose figures would stand for these. */
  private void requireSame(Run run, TrainCommand train) {
    if (!run.isStarted()) {
      return;
    }
    Map<String, List<String>> before = options(parsed(RunArguments.of(run.folder)));
    Map<String, List<String>> now = options(train);
    before.remove(TrainCommand.OUTPUT_DIR);
    now.remove(TrainCommand.QUIET); // It is no setting of a run.
    if (run.teacher != null) {
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
          run.folder
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
}
