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
   * @param evaluation accuracy and activity on the test images
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
  private final Dataset testSet;
  private final Path folder;
  private final Listener listener;
  private final Consumer<String> say;

  /**
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
    this.trainSet = trainSet.inSteps(plan.steps());
    this.testSet = testSet(plan, trainSet, testSet);
    this.folder = folder;
    this.listener = listener;
    this.say = ops.rank() == 0 ? say : line -> {};
  }

  /**
   * The test samples as evaluation sees them: with the class numbers of the training samples.
   *
   * @throws UserError if they have classes of their own
   */
  static Dataset testSet(Plan plan, Dataset trainSet, Dataset testSet) {
    return RenumberedDataset.of(testSet, trainSet.classNames()).inSteps(plan.steps());
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

  /** Runs everything, or what is left of it, and returns the final table. */
  public List<Row> run(boolean resume) {
    List<Row> rows = new ArrayList<>();
    TrainSettings settings = plan.settings();
    try (Evaluator evaluator =
        new Evaluator(
            ops,
            testSet,
            settings.batchSize(),
            settings.storage(),
            Task.of(testSet),
            new Parts(ops.rank(), ops.ranks(), settings.scale().microBatches()))) {
      Network teacher = null;
      try {
        if (plan.method() == Method.ANN) {
          teacher = ann();
          rows.add(teacher(teacher, folder, evaluator, resume));
          return rows;
        }
        if (plan.method().needsTeacher()) {
          teacher = ann();
          rows.add(teacher(teacher, folder.resolve(TEACHER), evaluator, resume));
        }
        if (plan.transfersWeights()) {
          Parameters parameters = new Parameters(plan.settings().seed());
          try (Network student = student(plan, trainSet, parameters)) {
            parameters.allocate(ops);
            WeightTransfer.transfer(teacher.parameters(), parameters);
            rows.add(new Row("transferred only", evaluator.evaluate(student, true), true, null, 0));
          }
        }
        if (plan.compare()) {
          rows.add(student(Method.DIRECT, folder.resolve(DIRECT), null, evaluator, resume));
        }
        rows.add(student(plan.method(), folder, teacher, evaluator, resume));
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

  private Row teacher(Network teacher, Path where, Evaluator evaluator, boolean resume) {
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
              evaluator,
              resume);
    }
    return new Row("teacher (ANN)", evaluator.evaluate(teacher, true), false, phase, epochs);
  }

  private Row student(
      Method method, Path where, Network teacher, Evaluator evaluator, boolean resume) {
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
              evaluator,
              resume);
      String name = method == Method.SAKD ? "SAKD" : phase;
      return new Row(name, evaluator.evaluate(student, true), true, phase, epochs);
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
