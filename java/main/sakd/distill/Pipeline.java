package sakd.distill;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Parts;
import sakd.data.RenumberedDataset;
import sakd.data.Split;
import sakd.infer.Evaluator;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.InputEncoding;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.train.Listener;
import sakd.train.TrainSettings;
import sakd.train.Trainer;

/**
 * The whole of SAKD: a teacher is trained or read, its weights are transferred to the student
 * (level 1), and the student is trained to follow it (level 2). A teacher of another architecture
 * has no level 1.
 */
public final class Pipeline {
  /** In the run directory, of the teacher that is trained on the way. */
  public static final String TEACHER = "teacher";

  /** In the run directory, of the student that is trained without a teacher, for comparison. */
  public static final String DIRECT = "direct";

  /** The student's seed differs from the teacher's, so that nothing is shared by chance. */
  private static final long STUDENT_SEED = 1;

  /**
   * One line of the final table.
   *
   * @param evaluation accuracy and activity on the test images, with the weights of the last epoch,
   *     or of the best where patience ended the training or it was chosen on validation samples
   * @param spiking whether the network spikes; an ANN has no firing rate
   * @param phase as the listener heard of its training; null if it was not trained here
   * @param epochs of its training; 0 if it was not trained here
   */
  public record Row(
      String name, Evaluator.Evaluation evaluation, boolean spiking, String phase, int epochs) {
    /** For people: {@code SAKD: top-1 85.0 %, top-5 99.3 % of 1000 images}. */
    @Override
    public String toString() {
      return name + ": " + evaluation;
    }
  }

  private final Ops ops;
  private final Plan plan;
  private final Dataset trainSet;
  private final Split data;
  private final Path folder;
  private final Listener listener;
  private final Consumer<String> say;

  /**
   * @param trainSet from which the plan may have a part cut for validation
   * @param folder the run directory: the student's files go there, those of a teacher and of the
   *     direct student to {@code teacher/} and {@code direct/} in it
   * @param say prints a line; rank 0's alone does
   */
  public Pipeline(
      Ops ops,
      Plan plan,
      Dataset trainSet,
      Dataset testSet,
      Path folder,
      Listener listener,
      Consumer<String> say) {
    this.ops = ops;
    this.plan = plan;
    this.data = split(plan, trainSet, testSet);
    this.trainSet = data.train();
    this.folder = folder;
    this.listener = listener;
    this.say = ops.rank() == 0 ? say : line -> {};
  }

  /**
   * The samples as the networks of a plan see them, those of the test with the class numbers of the
   * training.
   *
   * @throws UserError if the test samples have classes of their own, or there are too few samples
   *     to cut a part for validation
   */
  public static Split split(Plan plan, Dataset trainSet, Dataset testSet) {
    return Split.of(
        trainSet.inSteps(plan.steps()),
        RenumberedDataset.of(testSet, trainSet.classNames()).inSteps(plan.steps()),
        plan.settings().valShare(),
        plan.settings().seed());
  }

  private void load(Path path, NetworkSpec network, Parameters parameters) {
    GivenWeights given =
        GivenWeights.of(WeightFile.read(path), parameters, network, plan, trainSet);
    given.set();
    say.accept("weights " + given.summary());
  }

  private static boolean isForInference(String parameter) {
    return !DistillationLoss.isTransform(parameter);
  }

  /**
   * Of the test samples, which every network sees once, when it is trained; and of those for
   * validation, or null.
   */
  private record Evaluators(Evaluator test, Evaluator validation) implements AutoCloseable {
    /** By whose scores the best epoch is chosen. */
    Evaluator chooser() {
      return validation == null ? test : validation;
    }

    @Override
    public void close() {
      test.close();
      if (validation != null) {
        validation.close();
      }
    }
  }

  private Evaluators evaluators() {
    return new Evaluators(
        evaluator(data.test()), data.validation() == null ? null : evaluator(data.validation()));
  }

  private Evaluator evaluator(Dataset set) {
    TrainSettings settings = plan.settings();
    return new Evaluator(
        ops,
        set,
        settings.batchSize(),
        settings.storage(),
        Task.of(set),
        new Parts(ops.rank(), ops.ranks(), settings.scale().microBatches()));
  }

  /** Runs everything, or what is left of it, and returns the final table. */
  public List<Row> run(boolean resume) {
    List<Row> rows = new ArrayList<>();
    try (Evaluators evaluators = evaluators()) {
      Network teacher = null;
      try {
        if (plan.method() == Method.ANN) {
          teacher = ann();
          rows.add(teacher(teacher, folder, evaluators, resume));
          return rows;
        }
        if (plan.method().needsTeacher()) {
          teacher = ann();
          rows.add(teacher(teacher, folder.resolve(TEACHER), evaluators, resume));
        }
        if (plan.transfersWeights()) {
          Parameters parameters = new Parameters(plan.settings().seed());
          try (Network student = student(plan, trainSet, parameters)) {
            parameters.allocate(ops);
            WeightTransfer.transfer(teacher.parameters(), parameters);
            rows.add(
                new Row(
                    "transferred only", evaluators.test.evaluate(student, true), true, null, 0));
          }
        }
        if (plan.compare()) {
          rows.add(student(Method.DIRECT, folder.resolve(DIRECT), null, evaluators, resume));
        }
        rows.add(student(plan.method(), folder, teacher, evaluators, resume));
      } finally {
        if (teacher != null) {
          teacher.close();
        }
      }
    }
    return rows;
  }

  /** The ANN of a description, not yet allocated. */
  static Network ann(NetworkSpec network, int channels, int classes, Parameters parameters) {
    return network.ann().build(Neuron.RELU, 1, channels, classes, parameters);
  }

  private Network ann() {
    Parameters parameters = new Parameters(plan.settings().seed());
    Network network = ann(plan.teacherModel(), trainSet.channels(), trainSet.classes(), parameters);
    parameters.allocate(ops);
    return network;
  }

  /** The SNN, not yet allocated: the transforms of distillation may join its parameters. */
  static Network student(Plan plan, Dataset data, Parameters parameters) {
    Network network =
        plan.model()
            .build(plan.neuron(), plan.steps(), data.channels(), data.classes(), parameters);
    return InputEncoding.of(plan.encoding(), data, plan.steps()).before(network, plan.steps());
  }

  private Row teacher(Network teacher, Path where, Evaluators evaluators, boolean resume) {
    String phase = null;
    int epochs = 0;
    Path given = plan.method() == Method.ANN ? plan.initialWeights() : plan.teacherWeights();
    if (given != null) {
      load(given, plan.teacherModel(), teacher.parameters());
    }
    if (plan.trainsTeacher()) {
      DistillationLoss loss =
          new DistillationLoss(
              Task.of(trainSet),
              DistillationForm.PUBLISHED,
              DistillationWeights.direct(plan.weights().start().labelSmoothing()),
              teacher,
              1,
              teacher.parameters());
      phase = TEACHER;
      epochs =
          train(
              phase,
              "",
              teacher,
              new DistillationObjective(teacher, null, loss),
              where,
              plan.teacherSettings(),
              true,
              evaluators.chooser(),
              resume);
    }
    return new Row("teacher (ANN)", evaluators.test.evaluate(teacher, true), false, phase, epochs);
  }

  private Row student(
      Method method, Path where, Network teacher, Evaluators evaluators, boolean resume) {
    Parameters parameters = new Parameters(plan.settings().seed() + STUDENT_SEED);
    try (Network student = student(plan, trainSet, parameters)) {
      WeightSchedule weights = plan.weights().select(method);
      FeaturePairs pairs =
          plan.isSelfArchitectural()
              ? FeaturePairs.ofItself(student)
              : OtherTeacher.pairs(plan, trainSet);
      DistillationLoss loss =
          new DistillationLoss(
              Task.of(trainSet),
              plan.form(),
              weights.start(),
              pairs,
              plan.transformKernel(),
              parameters);
      parameters.allocate(ops);
      if (plan.initialWeights() != null) {
        load(plan.initialWeights(), plan.model(), parameters);
      } else if (method.transfersWeights() && plan.isSelfArchitectural()) {
        WeightTransfer.transfer(teacher.parameters(), parameters);
      }
      String phase = method.name().toLowerCase(Locale.ROOT);
      int epochs =
          train(
              phase,
              weights.annealing(),
              student,
              new DistillationObjective(student, teacher, loss, weights),
              where,
              plan.settings(),
              false,
              evaluators.chooser(),
              resume);
      String name = method == Method.SAKD ? "SAKD" : phase;
      return new Row(name, evaluators.test.evaluate(student, true), true, phase, epochs);
    }
  }

  /** Returns the epochs that the training took. */
  private int train(
      String phase,
      String annealing,
      Network network,
      DistillationObjective objective,
      Path where,
      TrainSettings settings,
      boolean ann,
      Evaluator evaluator,
      boolean resume) {
    say.accept(
        "training "
            + phase
            + ": "
            + Numbers.count(settings.epochs(), "epoch")
            + " of "
            + Numbers.count(trainSet.size(), "image")
            + settings.scale().shares(settings.batchSize(), ops.ranks())
            + annealing);
    NetworkSpec trained = ann ? plan.teacherModel() : plan.model();
    Map<String, String> about = new LinkedHashMap<>();
    new ModelFile(
            trained,
            ann ? Neuron.RELU : plan.neuron(),
            ann ? 1 : plan.steps(),
            trainSet.channels(),
            trainSet.classes(),
            ann ? InputEncoding.DIRECT : InputEncoding.of(plan.encoding(), trainSet, plan.steps()))
        .describe(about);
    ImageSpec.of(trainSet).describe(about);
    return new Trainer(ops, settings, trainSet, evaluator, listener)
        .run(
            new Trainer.Job(
                Task.of(trainSet),
                phase,
                network,
                !ann,
                objective,
                where,
                architecture(trained, trainSet),
                Pipeline::isForInference,
                about),
            resume)
        .epochs();
  }

  static String architecture(NetworkSpec network, Dataset data) {
    return network.name()
        + " for "
        + data.channels()
        + " channels and "
        + data.classes()
        + " classes";
  }
}
