package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import sakd.data.Dataset;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.infer.Evaluator;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;

/** A student that follows a teacher of random weights, and what a training of it needs. */
final class TinyRun implements AutoCloseable {
  static final int BATCH = 4;

  private static final int STEPS = 2;

  /** How a network is made. */
  interface Architecture {
    Network build(Neuron neuron, int steps, Parameters parameters);
  }

  /** Hears of a training whose losses are not all used. */
  static final Listener DEAF =
      new Listener() {
        @Override
        public void step(StepSummary summary) {}

        @Override
        public void epoch(EpochSummary summary) {}
      };

  final Parameters parameters = new Parameters(2);
  final Network student;
  private final Ops ops;
  private final Path folder;
  private final Dataset data;
  private final List<String> losses;
  private final Network teacher;
  private final DistillationObjective objective;

  /**
   * Makes the networks.
   *
   * @param folder where trainings go, each to a folder of its own
   * @param losses their names, as a listener is to hear them
   */
  TinyRun(
      Ops ops,
      Path folder,
      Dataset data,
      Architecture architecture,
      DistillationWeights weights,
      List<String> losses) {
    this.ops = ops;
    this.folder = folder;
    this.data = data;
    this.losses = losses;
    Parameters teachers = new Parameters(1);
    teacher = architecture.build(Neuron.RELU, 1, teachers);
    teachers.allocate(ops);
    student = architecture.build(Neuron.LIF, STEPS, parameters);
    DistillationLoss loss =
        new DistillationLoss(
            Task.of(data), DistillationForm.PUBLISHED, weights, student, 1, parameters);
    parameters.allocate(ops);
    objective = new DistillationObjective(student, teacher, loss);
  }

  /** The teacher's weights. */
  Parameters teachers() {
    return teacher.parameters();
  }

  static TrainSettings settings(int epochs, DType storage, float emaDecay) {
    return settings(epochs, TrainSettings.Algorithm.SGD, 0.05, storage, emaDecay);
  }

  static TrainSettings settings(
      int epochs, TrainSettings.Algorithm algorithm, double lr, DType storage, float emaDecay) {
    return new TrainSettings(
        epochs,
        BATCH,
        algorithm,
        lr,
        0.9f,
        WeightDecay.ofAll(5e-4f),
        new LrSchedule.Poly(LrSchedule.Poly.POWER, 0),
        0,
        1,
        emaDecay,
        true,
        Mixing.NONE,
        true,
        3,
        1,
        2,
        storage,
        0,
        Scale.USUAL,
        0);
  }

  Trainer.Outcome train(String name, TrainSettings settings, boolean resume, Listener listener) {
    try (Evaluator evaluator = evaluator(settings.storage())) {
      return new Trainer(ops, settings, data, evaluator, listener)
          .run(
              new Trainer.Job(
                  Task.of(data),
                  "tiny",
                  student,
                  true,
                  objective,
                  folder.resolve(name),
                  "tiny",
                  parameter -> true,
                  Map.of()),
              resume);
    }
  }

  Evaluator evaluator(DType storage) {
    return new Evaluator(ops, data, BATCH, storage, Task.of(data));
  }

  /** Trains, and returns the last checkpoint. */
  byte[] trained(String name, TrainSettings settings, boolean resume) throws IOException {
    train(name, settings, resume, stopping(0));
    return Files.readAllBytes(folder.resolve(name).resolve(Trainer.LAST));
  }

  /** A training that is killed in its third epoch and resumed ends as one that is left alone. */
  static void assertResumes(Supplier<TinyRun> runs, TrainSettings settings) throws IOException {
    byte[] alone;
    try (TinyRun run = runs.get()) {
      alone = run.trained("alone", settings, false);
    }
    try (TinyRun run = runs.get()) {
      assertThrows(
          IllegalStateException.class, () -> run.train("killed", settings, false, run.stopping(3)));
    }
    try (TinyRun run = runs.get()) {
      assertArrayEquals(alone, run.trained("killed", settings, true));
    }
  }

  /** Checks that every loss is found; may stop a training within an epoch, 0 for never. */
  Listener stopping(int inEpoch) {
    return new Listener() {
      @Override
      public void step(StepSummary s) {
        assertTrue(Double.isFinite(s.loss().total()), s.toString());
        if (s.epoch() == inEpoch) {
          throw new IllegalStateException("killed");
        }
      }

      @Override
      public void epoch(EpochSummary s) {
        assertEquals(losses, List.copyOf(s.loss().terms().keySet()));
        s.loss().terms().forEach((name, value) -> assertTrue(value > 0, name + " of " + s));
      }
    };
  }

  @Override
  public void close() {
    student.close();
    teacher.close();
  }
}
