package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.base.UserError;

/**
 * The runs of {@code reproduce}, each after the one that trains its teacher. All that follow one
 * ANN share it: rows that differ in method, in T, or in how their blocks join.
 */
final class Reproduction {
  private static final String TEACHER_MODEL = "--teacher-model";

  private final Path outputDir;
  private final List<String> others;
  private final PlannedRuns runs;

  private Reproduction(Path outputDir, List<String> others, PlannedRuns runs) {
    this.outputDir = outputDir;
    this.others = others;
    this.runs = runs;
  }

  /**
   * What has to run for some recipes.
   *
   * @param recipes rows of tables
   * @param seeds each recipe is trained with every one; empty for what {@code others} say
   * @param others options of train that go to every run
   * @param runs gets them
   * @throws UserError if train would not take the options, or a folder holds a run of others
   */
  static void plan(
      List<String> recipes,
      List<Long> seeds,
      Path outputDir,
      List<String> others,
      PlannedRuns runs) {
    for (String flag : List.of(PlannedRuns.METHOD, TrainCommand.RESUME, TrainCommand.CONFIG)) {
      if (Arguments.have(flag, others)) {
        throw new UserError(
            flag + " cannot be given to reproduce, whose recipes settle it; leave it out");
      }
    }
    if (Arguments.have(TEACHER_MODEL, others) && !Arguments.have(PlannedRuns.TEACHER, others)) {
      throw new UserError(
          TEACHER_MODEL
              + " is given, and the recipes' teachers are the ANNs of their students; expected a"
              + " trained one beside it, give --teacher too");
    }
    // With a teacher that is trained already, no ANN is left to train.
    List<String> rows =
        Arguments.have(PlannedRuns.TEACHER, others)
            ? recipes.stream().filter(recipe -> !recipe.equals(ann(recipe))).toList()
            : recipes;
    if (rows.isEmpty()) {
      throw new UserError(
          "--teacher is for students, and "
              + String.join(", ", recipes)
              + " trains an ANN; expected recipes of students, leave --teacher out");
    }
    Reproduction plan = new Reproduction(outputDir, others, runs);
    for (long seed : PlannedRuns.seeds(seeds)) {
      rows.forEach(recipe -> plan.run(recipe, seed));
    }
  }

  /** The run of a recipe, planned at its first use. */
  private PlannedRun run(String recipe, long seed) {
    Path folder = PlannedRuns.folder(outputDir, recipe, seed);
    PlannedRun known = runs.in(folder);
    if (known != null) {
      return known;
    }
    List<String> settings = new ArrayList<>(List.of("@" + recipe));
    settings.addAll(others);
    settings = PlannedRuns.seeded(settings, seed);
    TrainCommand train = runs.parsed(Recipes.expand(settings));
    boolean shares =
        train.teacherEpochs().isPresent() && !Arguments.have(PlannedRuns.TEACHER, others);
    return runs.add(
        new PlannedRun(
            recipe,
            seed,
            shares ? run(ann(recipe), seed) : null,
            settings,
            folder,
            train.method(),
            train.epochs()),
        train);
  }

  /**
   * The recipe of the ANN that a row follows: that of cifar10-resnet18-sakd-t2 is
   * cifar10-resnet18-ann, and that of imagenet-sew-resnet18-sakd is imagenet-resnet18-ann, as an
   * ANN has no blocks that join spikes.
   */
  static String ann(String row) {
    return row.replace("-sew-", "-").replaceFirst("-[a-z]+(-t\\d+)?$", "-ann");
  }
}
