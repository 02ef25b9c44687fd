package sakd.distill;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.base.UserError;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Mixing;
import sakd.data.RenumberedDataset;
import sakd.data.Split;
import sakd.data.Targets;
import sakd.device.UserSource;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.InputEncoding;
import sakd.model.ModelFile;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.StepTerms;
import sakd.task.Task;
import sakd.train.TrainSettings;
import sakd.train.Trainer;

/** Sees whether a plan can be run, before a long training ends in an error. */
public final class PlanCheck {
  private PlanCheck() {}

  /**
   * Refuses a plan that cannot be run on this data, before anything is written; the teacher's
   * weights may not be here yet.
   *
   * @param ranks processes that train together
   * @throws UserError if the network or its losses are for another task than the samples, the batch
   *     size does not fit, the test samples have classes of their own, a class has too few samples
   *     for validation, or the initial weights cannot be read or are of another network
   */
  public static void check(Plan plan, Dataset trainSet, Dataset testSet, int ranks) {
    requireTask(plan, trainSet);
    requireSteps(plan);
    Split data = Pipeline.split(plan, trainSet, testSet);
    TrainSettings s = plan.settings();
    // Reads nothing yet, but knows which numbers it can work with.
    new DataLoader(data.train(), s.batchSize(), false, false, Augment.NONE, s.seed(), s.workers());
    s.scale().requireShares(s.batchSize(), s.mixing(), ranks);
    plan.model().requireImages(trainSet.height(), trainSet.width());
    if (plan.method() != Method.ANN) {
      InputEncoding.of(plan.encoding(), trainSet, plan.steps());
    }
    OtherTeacher.require(plan, trainSet);
    MapCheck.check(plan, trainSet);
    if (plan.initialWeights() != null) {
      Parameters first = new Parameters(0);
      if (plan.method() == Method.ANN) {
        Pipeline.ann(plan.model(), trainSet.channels(), trainSet.classes(), first);
      } else {
        Pipeline.student(plan, trainSet, first);
      }
      GivenWeights.of(WeightFile.read(plan.initialWeights()), first, plan.model(), plan, trainSet);
    }
  }

  /** Refuses a network for other targets than the samples have, and losses that these have not. */
  private static void requireTask(Plan plan, Dataset trainSet) {
    Targets.Kind kind = trainSet.targetKind();
    Task.of(trainSet).requireNetwork("--model is", plan.model(), trainSet);
    if (kind != Targets.Kind.CLASSES) {
      Mixing mixing = plan.settings().mixing();
      refuse("--mixup", mixing.mixup() > 0, kind);
      refuse("--cutmix", mixing.cutmix() > 0, kind);
      refuse("--every-step", plan.form().everyStep(), kind);
      refuse("--kd-head", plan.form().head() > 0, kind);
      refuse("--kd-noise", plan.form().noise() > 0, kind);
      refuse("--kd-map", plan.weights().start().map() > 0, kind);
      stepLosses(plan).forEach(option -> refuse(option, true, kind));
    }
    if (kind == Targets.Kind.BOXES) {
      refuse("--label-smoothing", plan.weights().start().labelSmoothing() > 0, kind);
    }
  }

  /** The options of the losses between time steps that the plan has. */
  private static List<String> stepLosses(Plan plan) {
    List<String> options = new ArrayList<>();
    StepTerms steps = plan.weights().start().steps();
    if (steps.s2w() > 0 || steps.w2s() > 0) {
      options.add("--self-distill");
    }
    if (steps.prefix() > 0) {
      options.add("--prefix-ce");
    }
    if (steps.rightSteps() > 0) {
      options.add("--right-steps");
    }
    if (steps.entropy() > 0) {
      options.add("--entropy");
    }
    return options;
  }

  /** Refuses losses between time steps where there is one. */
  private static void requireSteps(Plan plan) {
    for (String option : stepLosses(plan)) {
      // A single step has an entropy.
      if (plan.method() != Method.ANN && plan.steps() == 1 && !option.equals("--entropy")) {
        throw new UserError(
            option
                + " compares time steps, and --T is 1; expected 2 steps or more, give --T, or leave "
                + option
                + " out");
      }
    }
  }

  private static void refuse(String option, boolean given, Targets.Kind kind) {
    if (given) {
      throw new UserError(
          option
              + " is for samples with "
              + (option.equals("--label-smoothing") ? "a softmax of classes" : "one class each")
              + ", and these have "
              + (kind == Targets.Kind.MASKS ? "masks" : "boxes")
              + "; leave it out");
    }
  }

  /**
   * Refuses a teacher's weight file that the plan cannot use; does nothing where none is used.
   *
   * @throws UserError if it cannot be read, or is of another network or other classes
   */
  public static void checkTeacher(Plan plan, Dataset trainSet) {
    if (!plan.method().needsTeacher() || plan.teacherWeights() == null) {
      return;
    }
    Path path = plan.teacherWeights();
    WeightFile file = WeightFile.read(path);
    if (ModelFile.isIn(file.metadata())) {
      Neuron neuron = ModelFile.of(file.metadata(), path.toString(), plan.own()).neuron();
      if (neuron.kind().isSpiking()) {
        throw new UserError(
            path
                + " holds a spiking network ("
                + neuron.kind()
                + "); expected the ANN as the teacher, such as a run's teacher/best.safetensors,"
                + " give it with --teacher");
      }
    }
    ImageSpec seen = ImageSpec.of(file.metadata(), path.toString());
    if (seen != null
        && !plan.finetune()
        && RenumberedDataset.isNeeded(trainSet, seen.classNames())) {
      throw new UserError(
          path
              + " was trained on other classes, or in another order, than "
              + trainSet.name()
              + " has; expected a teacher of "
              + String.join(", ", trainSet.classNames())
              + ", train one on this data set, or give --finetune to train this one on");
    }
    Parameters ann = new Parameters(0);
    Pipeline.ann(plan.teacherModel(), trainSet.channels(), trainSet.classes(), ann);
    try {
      GivenWeights.of(file, ann, plan.teacherModel(), plan, trainSet);
    } catch (UserError e) {
      throw OtherTeacher.named(plan, file).orElse(e);
    }
  }

  /** Refuses functions of a neuron that are not those of the checkpoint, if there is one. */
  private static void requireNeuron(Plan plan, Path checkpoint) {
    UserSource functions = plan.neuron().file();
    if (functions == null || !Files.exists(checkpoint)) {
      return;
    }
    String trained = ModelFile.neuronSha256(WeightFile.read(checkpoint).metadata());
    if (trained != null && !trained.equals(functions.sha256())) {
      throw new UserError(
          functions.name()
              + " has changed since "
              + checkpoint
              + " was written: its SHA-256 is "
              + functions.sha256()
              + "; expected "
              + trained
              + ", restore the file or start a new run");
    }
  }

  /**
   * Refuses to go on with a run that would not be the one it was.
   *
   * @param folder the run directory
   * @throws UserError if a checkpoint is damaged, was written on other data, or has more epochs
   *     done than are to be; or if the teacher is to be trained on after the student began
   */
  public static void checkResume(Plan plan, Path folder, Dataset trainSet, Dataset testSet) {
    Split data = Pipeline.split(plan, trainSet, testSet);
    requireNeuron(plan, folder.resolve(Trainer.LAST));
    requireNeuron(plan, folder.resolve(Pipeline.DIRECT).resolve(Trainer.LAST));
    if (plan.method() == Method.ANN) {
      requireResumable(folder, plan.teacherEpochs(), data);
      return;
    }
    int epochs = plan.settings().epochs();
    if (plan.compare()) {
      requireResumable(folder.resolve(Pipeline.DIRECT), epochs, data);
    }
    int student = requireResumable(folder, epochs, data);
    if (plan.trainsTeacher()) {
      Path where = folder.resolve(Pipeline.TEACHER);
      int teacher = requireResumable(where, plan.teacherEpochs(), data);
      if (student > 0 && teacher > 0 && teacher < plan.teacherEpochs()) {
        throw new UserError(
            "--teacher-epochs is "
                + plan.teacherEpochs()
                + ", but the student has followed the teacher of "
                + teacher
                + " epochs for "
                + student
                + " already; expected "
                + teacher
                + ", or start a new run");
      }
    }
  }

  private static int requireResumable(Path folder, int epochs, Split data) {
    return Trainer.requireResumable(folder, epochs, data.train(), data.heldOut(), data.chooser());
  }
}
