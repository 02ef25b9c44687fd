package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import sakd.base.UserError;
import sakd.distill.Method;
import sakd.run.RunArguments;

/**
 * The runs of {@code sweep}: every combination of values, with every seed. A teacher that they have
 * to train is trained once for all students that it would be the same for.
 */
final class Sweep {
  private static final String EPOCHS = "--epochs";
  private static final String TEACHER_EPOCHS = "--teacher-epochs";
  private static final String LR = "--lr";
  private static final String TEACHER_LR = "--teacher-lr";
  private static final String MODEL = "--model";
  private static final String TEACHER_MODEL = "--teacher-model";
  private static final String STEPS = "--T";

  /** What does not matter to an ANN, or is settled for it, beyond what is of students alone. */
  private static final Set<String> NOT_OF_TEACHERS =
      Set.of(
          PlannedRuns.METHOD,
          "--neuron",
          "--init",
          "--allow-partial",
          "--box-weight",
          "--pyramid-weight");

  private final List<SweptOption> options;
  private final Path outputDir;
  private final List<String> others;
  private final PlannedRuns runs;
  private final Map<List<String>, List<PlannedRun>> students = new LinkedHashMap<>();

  private final List<List<String>> checks = new ArrayList<>();

  private Sweep(List<SweptOption> options, Path outputDir, List<String> others, PlannedRuns runs) {
    this.options = options;
    this.outputDir = outputDir;
    this.others = others;
    this.runs = runs;
  }

  /**
   * Plans a sweep.
   *
   * @param seeds each combination is trained with every one; empty for what {@code others} say
   * @param others options of train that go to every run, recipes spelt out; swept options among
   *     them give way
   * @param runs gets them, seed by seed
   * @throws UserError if train would not take the options, or a folder holds a run of others
   */
  static Sweep plan(
      List<SweptOption> options,
      List<Long> seeds,
      Path outputDir,
      List<String> others,
      PlannedRuns runs) {
    for (String flag : List.of(TrainCommand.RESUME, TrainCommand.CONFIG)) {
      if (Arguments.have(flag, others)) {
        throw new UserError(flag + " cannot be given to sweep, which starts runs; leave it out");
      }
    }
    if (options.stream().map(SweptOption::name).distinct().count() < options.size()) {
      throw new UserError("--over names an option twice; expected it once with all its values");
    }
    Sweep sweep = new Sweep(options, outputDir, others, runs);
    for (long seed : PlannedRuns.seeds(seeds)) {
      sweep.combine(List.of(), seed);
    }
    return sweep;
  }

  List<SweptOption> options() {
    return options;
  }

  /** The students of each combination: a run for every seed, by the values of the options. */
  Map<List<String>, List<PlannedRun>> students() {
    return students;
  }

  /** Dry runs of all combinations that are new, each with a teacher of its own. */
  List<List<String>> checks() {
    return checks;
  }

  private void combine(List<String> values, long seed) {
    if (values.size() < options.size()) {
      for (String value : options.get(values.size()).values()) {
        List<String> longer = new ArrayList<>(values);
        longer.add(value);
        combine(longer, seed);
      }
      return;
    }
    PlannedRun run = student(values, seed);
    students.computeIfAbsent(values, v -> new ArrayList<>()).add(run);
  }

  private PlannedRun student(List<String> values, long seed) {
    List<String> settings = new ArrayList<>(others);
    for (int i = 0; i < options.size(); i++) {
      settings = without(options.get(i).names(), settings);
      settings.addAll(options.get(i).args(values.get(i)));
    }
    settings = PlannedRuns.seeded(settings, seed);
    TrainCommand train = runs.parsed(settings);
    if (train.method() != Method.ANN && !Arguments.have(PlannedRuns.METHOD, settings)) {
      // Without it, train compares with a direct training.
      settings.addAll(List.of(PlannedRuns.METHOD, Values.lower(train.method())));
    }
    if (!students.containsKey(values)) {
      check(settings, PlannedRuns.folder(outputDir, name(values, List.of()), seed));
    }
    PlannedRun teacher = null;
    if (train.teacherEpochs().isPresent() && !Arguments.have(PlannedRuns.TEACHER, settings)) {
      teacher = teacher(settings, values, seed, train);
      settings = without(List.of(TEACHER_EPOCHS, TEACHER_LR), settings);
    }
    String name = name(values, List.of());
    Path folder = PlannedRuns.folder(outputDir, name, seed);
    if (runs.in(folder) != null) {
      throw new UserError(
          "--over has values whose runs would share the folder "
              + folder
              + "; expected values that differ in letters or digits, sweep them apart");
    }
    return runs.add(
        new PlannedRun(
            name,
            PlannedRuns.seed(settings),
            teacher,
            settings,
            folder,
            train.method(),
            train.epochs()),
        runs.parsed(settings));
  }

  private void check(List<String> settings, Path folder) {
    if (RunArguments.areIn(folder)) {
      return; // It has been found sound.
    }
    List<String> command = new ArrayList<>(List.of("train"));
    command.addAll(settings);
    command.addAll(List.of("--dry-run", TrainCommand.OUTPUT_DIR, folder.toString()));
    checks.add(command);
  }

  /** The run of the ANN that a student of these settings would train; planned at its first use. */
  private PlannedRun teacher(
      List<String> ofStudent, List<String> values, long seed, TrainCommand train) {
    List<String> student = new ArrayList<>();
    for (SweptOption option : options) {
      if (!matters(option.option().longestName(), ofStudent, train)) {
        student.add(option.option().longestName());
      }
    }
    String name = "teacher" + (student.size() < options.size() ? "_" : "") + name(values, student);
    Path folder = PlannedRuns.folder(outputDir, name, seed);
    PlannedRun known = runs.in(folder);
    if (known != null) {
      return known;
    }
    List<String> settings = without(student, ofStudent);
    for (String word : ofStudent) {
      String option = word.split("=", 2)[0];
      if (UnusedOptions.isOfStudents(option) || NOT_OF_TEACHERS.contains(option)) {
        settings = Arguments.withoutWords(option, settings);
      }
    }
    settings = without(List.of(EPOCHS, TEACHER_EPOCHS), settings);
    int epochs = train.teacherEpochs().orElseThrow();
    settings.addAll(List.of(TEACHER_EPOCHS, Integer.toString(epochs)));
    String rate = Arguments.value(LR, settings).orElse(null);
    if (rate != null) {
      settings = Arguments.withoutWords(LR, settings);
      if (!Arguments.have(TEACHER_LR, settings)) {
        settings.addAll(List.of(TEACHER_LR, rate));
      }
    }
    String other = Arguments.value(TEACHER_MODEL, settings).orElse(null);
    if (other != null) {
      settings = without(List.of(TEACHER_MODEL, MODEL, "--shortcut"), settings);
      settings.addAll(List.of(MODEL, other));
    }
    settings.addAll(List.of(PlannedRuns.METHOD, Values.lower(Method.ANN)));
    return runs.add(
        new PlannedRun(
            name, PlannedRuns.seed(settings), null, settings, folder, Method.ANN, epochs),
        runs.parsed(settings));
  }

  /** Whether a swept option matters to the teacher that the student would train. */
  private static boolean matters(String option, List<String> settings, TrainCommand train) {
    return switch (option) {
      case EPOCHS -> !Arguments.have(TEACHER_EPOCHS, settings);
      case LR -> !Arguments.have(TEACHER_LR, settings);
      case STEPS -> train.recordings();
      default -> !UnusedOptions.isOfStudents(option) && !NOT_OF_TEACHERS.contains(option);
    };
  }

  private static List<String> without(List<String> options, List<String> settings) {
    List<String> rest = new ArrayList<>(settings);
    for (String option : options) {
      rest = Arguments.withoutWords(option, rest);
    }
    return rest;
  }

  /** A folder's name: lr-0.1_T-4. */
  private String name(List<String> values, List<String> withoutOptions) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < options.size(); i++) {
      if (!withoutOptions.contains(options.get(i).option().longestName())) {
        words.add(options.get(i).name() + "-" + values.get(i));
      }
    }
    return words.stream()
        .map(word -> word.replaceAll("[^A-Za-z0-9.+-]+", "-"))
        .collect(Collectors.joining("_"));
  }
}
