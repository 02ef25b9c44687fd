package sakd.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import sakd.distill.Method;
import sakd.distill.Plan;
import sakd.ops.Distance;
import sakd.ops.Neuron;
import sakd.ops.StepTerms;
import sakd.train.TrainSettings;

/** Options of {@code train} that were given and that a run does not use, to say so. */
final class UnusedOptions {
  private static final List<String> OF_LOGITS =
      List.of("--logit-weight", "--kd-head", "--kd-noise");
  private static final List<String> OF_TEMPERATURE =
      List.of("--kd-temperature", "--kd-temperature-end");
  private static final List<String> OF_FEATURES =
      List.of(
          "--feature-weight",
          "--feature-weight-after",
          "--feature-loss",
          "--transform-kernel",
          "--kd-map");
  private static final List<String> OF_TEACHER =
      List.of("--teacher", "--teacher-epochs", "--teacher-lr");
  private static final List<String> OF_STUDENT =
      List.of(
          "--ce-weight",
          "--every-step",
          "--tet-lambda",
          "--self-distill",
          "--self-distill-weight",
          "--prefix-ce",
          "--right-steps",
          "--entropy",
          "--connect-f",
          "--encode",
          "--neuron-file",
          "--tau",
          "--v-threshold",
          "--v-reset",
          "--decay-input",
          "--detach-reset",
          "--surrogate",
          "--alpha",
          "--patience");
  private static final List<String> OF_AUGMENTATION =
      List.of(
          "--auto-augment",
          "--ra-magnitude",
          "--color-jitter",
          "--random-erase",
          "--mixup",
          "--cutmix",
          "--roll",
          "--scale-jitter");

  private static final List<String> OF_FLOOR = List.of("--min-lr");
  private static final List<String> OF_POWER = List.of("--lr-power");
  private static final List<String> OF_STEPS =
      List.of("--lr-step-size", "--lr-milestones", "--lr-gamma");
  private static final List<String> OF_RANKS = List.of("--comm-dtype", "--sync-bn", "--dist-bn");

  private final Predicate<String> given;
  private final List<String> notes = new ArrayList<>();
  private final Set<String> names = new HashSet<>();

  private UnusedOptions(Predicate<String> given) {
    this.given = given;
  }

  /**
   * A sentence for each setting that leaves options unused.
   *
   * @param args as given, recipes spelt out
   * @param recordings whether the samples have time steps of their own
   * @param ranks processes that train together
   */
  static List<String> notes(List<String> args, Plan plan, boolean recordings, int ranks) {
    return of(option -> Arguments.have(option, args), plan, recordings, ranks).notes;
  }

  /** The options that would be unused if they were given, such as --tau by --method ann. */
  static Set<String> names(Plan plan, boolean recordings, int ranks) {
    return of(option -> true, plan, recordings, ranks).names;
  }

  private static UnusedOptions of(
      Predicate<String> given, Plan plan, boolean recordings, int ranks) {
    UnusedOptions unused = new UnusedOptions(given);
    Method method = plan.method();
    boolean ann = method == Method.ANN;
    StepTerms steps = plan.weights().start().steps();
    boolean divergence = plan.form().distance() == Distance.KL;
    unused.add(
        "--method " + Values.lower(method),
        Stream.of(
                unless(method.followsLogits(), OF_LOGITS),
                unless(
                    method.followsLogits()
                        || (method.followsFeatures() && divergence)
                        || (!ann && steps.rightSteps() > 0),
                    OF_TEMPERATURE),
                unless(method.followsFeatures(), OF_FEATURES),
                unless(ann || method.needsTeacher(), OF_TEACHER),
                unless(method.needsTeacher(), List.of("--teacher-model")),
                unless(!ann, OF_STUDENT),
                unless(!ann || recordings, List.of("--T")))
            .flatMap(List::stream)
            .toList());
    if (ann && given.test("--teacher-epochs")) {
      unused.add("--method ann, whose epochs are --teacher-epochs,", List.of("--epochs"));
    }
    if (ann && given.test("--teacher-lr")) {
      unused.add("--method ann, whose rate is --teacher-lr,", List.of("--lr"));
    }
    if (method.needsTeacher() && !plan.trainsTeacher()) {
      unused.add(
          "--teacher, which is trained already,", List.of("--teacher-epochs", "--teacher-lr"));
    }
    boolean reads =
        plan.initialWeights() != null || (method.needsTeacher() && plan.teacherWeights() != null);
    if (!reads) {
      unused.add("a run without --teacher and --init", List.of("--allow-partial"));
    }
    if (plan.neuron().kind() == Neuron.Kind.IF && !ann) {
      unused.add("--neuron if, which does not leak,", List.of("--tau", "--decay-input"));
    }
    if (!ann && steps.s2w() == 0 && steps.w2s() == 0) {
      unused.add("a run without --self-distill", List.of("--self-distill-weight"));
    }
    if (plan.settings().optimizer() == TrainSettings.Algorithm.ADAMW) {
      unused.add("--opt adamw", List.of("--momentum"));
    }
    if (plan.settings().weightDecay().rate() == 0) {
      unused.add("--weight-decay 0", List.of("--no-decay-norm"));
    }
    String schedule = plan.settings().schedule().name();
    boolean poly = schedule.equals("poly");
    boolean falls = poly || schedule.equals("cosine");
    unused.add(
        "--lr-scheduler " + schedule,
        Stream.of(
                unless(falls, OF_FLOOR),
                unless(poly, OF_POWER),
                unless(schedule.equals("step"), OF_STEPS))
            .flatMap(List::stream)
            .toList());
    if (!plan.settings().augment()) {
      unused.add("--no-augment", OF_AUGMENTATION);
    }
    if (ranks == 1) {
      unused.add("a run of one process", OF_RANKS);
    } else if (plan.settings().scale().syncBatchNorm()) {
      unused.add("--sync-bn, with which all have the same statistics,", List.of("--dist-bn"));
    }
    return unused;
  }

  /** Whether an option, --T apart, matters to students alone: no ANN is trained otherwise by it. */
  static boolean isOfStudents(String option) {
    return Stream.of(OF_LOGITS, OF_TEMPERATURE, OF_FEATURES, OF_STUDENT)
        .anyMatch(options -> options.contains(option));
  }

  private static List<String> unless(boolean used, List<String> options) {
    return used ? List.of() : options;
  }

  private void add(String who, List<String> options) {
    List<String> those = options.stream().filter(given).toList();
    names.addAll(those);
    if (!those.isEmpty()) {
      notes.add(who + " does not use " + String.join(", ", those));
    }
  }
}
