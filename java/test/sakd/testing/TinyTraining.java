package sakd.testing;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import sakd.data.Dataset;
import sakd.data.DatasetInfo;
import sakd.data.Mixing;
import sakd.data.Parts;
import sakd.data.set.MemoryDataset;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.distill.WeightSchedule;
import sakd.infer.Evaluator;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.train.Listener;
import sakd.train.LrSchedule;
import sakd.train.Scale;
import sakd.train.TrainSettings;
import sakd.train.Trainer;
import sakd.train.WeightDecay;

/** Distillation of a network of five convolutions on 8x8 images, in a fraction of a second. */
public final class TinyTraining implements AutoCloseable {
  public static final int IMAGES = 44;
  public static final int BATCH = 8;

  private static final int CLASSES = 4;
  public final Ops ops;
  public final Dataset data = data();
  public final Parameters parameters = new Parameters(2);
  public final DistillationObjective objective;
  private final Network teacher;
  public final Network student;

  /**
   * Makes the networks.
   *
   * @param ceWeight of cross-entropy; 1 is usual
   */
  public TinyTraining(Ops ops, float ceWeight) {
    this(ops, DistillationForm.PUBLISHED, new DistillationWeights(ceWeight, 1, 10, 4, 0));
  }

  /** Makes networks that are trained by this loss. */
  public TinyTraining(Ops ops, DistillationForm form, DistillationWeights weights) {
    this.ops = ops;
    Parameters ofTeacher = new Parameters(1);
    teacher = TinyNetwork.SPEC.ann().build(Neuron.RELU, 1, 1, CLASSES, ofTeacher);
    ofTeacher.allocate(ops);
    student = TinyNetwork.SPEC.build(Neuron.LIF, 2, 1, CLASSES, parameters);
    DistillationLoss loss =
        new DistillationLoss(Task.CLASSIFICATION, form, weights, student, 1, parameters);
    parameters.allocate(ops);
    // From the third epoch on the features weigh less, so the step is another.
    objective =
        new DistillationObjective(student, teacher, loss, new WeightSchedule(weights, 2, 0.1f, 4));
  }

  /** Classes are places of a bright spot. */
  public static Dataset data() {
    Random random = new Random(7);
    byte[] pixels = new byte[IMAGES * 64];
    random.nextBytes(pixels);
    int[] labels = IntStream.range(0, IMAGES).map(i -> i % CLASSES).toArray();
    for (int i = 0; i < IMAGES; i++) {
      for (int k = 0; k < 4; k++) {
        pixels[64 * i + 16 * labels[i] + k] = -1;
      }
    }
    DatasetInfo info =
        new DatasetInfo(
            "spots", List.of("a", "b", "c", "d"), new float[] {0.5f}, new float[] {0.3f}, false);
    return new MemoryDataset(info, 8, 8, pixels, labels);
  }

  public static TrainSettings settings(
      int epochs, TrainSettings.Algorithm algorithm, DType storage) {
    return settings(epochs, algorithm, storage, Mixing.NONE);
  }

  public static TrainSettings settings(
      int epochs, TrainSettings.Algorithm algorithm, DType storage, Mixing mixing) {
    return settings(epochs, algorithm, storage, mixing, 0.9f, 0);
  }

  /** The weights themselves are evaluated, not their average. */
  public static TrainSettings withoutAverage(int epochs) {
    return settings(epochs, TrainSettings.Algorithm.SGD, DType.F32, Mixing.NONE, 0, 0);
  }

  /** Ends after so many epochs that brought nothing better. */
  public static TrainSettings patient(int epochs, int patience) {
    return settings(epochs, TrainSettings.Algorithm.SGD, DType.F32, Mixing.NONE, 0.9f, patience);
  }

  private static TrainSettings settings(
      int epochs,
      TrainSettings.Algorithm algorithm,
      DType storage,
      Mixing mixing,
      float emaDecay,
      int patience) {
    return new TrainSettings(
        epochs,
        BATCH,
        algorithm,
        0.01,
        0.9f,
        WeightDecay.ofAll(5e-4f),
        LrSchedule.Cosine.TO_ZERO,
        0,
        1,
        emaDecay,
        true,
        mixing,
        true,
        3,
        1,
        2,
        storage,
        patience,
        Scale.USUAL,
        0);
  }

  /** Trains into a folder; {@code step} hears of every second step. */
  public Trainer.Outcome run(
      Path folder, TrainSettings settings, boolean resume, Consumer<Listener.StepSummary> step) {
    return run(
        folder,
        settings,
        resume,
        new Listener() {
          @Override
          public void step(StepSummary summary) {
            step.accept(summary);
          }

          @Override
          public void epoch(EpochSummary summary) {}
        });
  }

  /** Trains into a folder. */
  public Trainer.Outcome run(
      Path folder, TrainSettings settings, boolean resume, Listener listener) {
    try (Evaluator evaluator =
        new Evaluator(
            ops,
            data,
            10,
            settings.storage(),
            Task.CLASSIFICATION,
            new Parts(ops.rank(), ops.ranks(), 1))) {
      return new Trainer(ops, settings, data, evaluator, listener)
          .run(
              new Trainer.Job(
                  Task.CLASSIFICATION,
                  "tiny",
                  student,
                  true,
                  objective,
                  folder,
                  "tiny",
                  name -> true,
                  Map.of()),
              resume);
    }
  }

  @Override
  public void close() {
    student.close();
    teacher.close();
  }
}
