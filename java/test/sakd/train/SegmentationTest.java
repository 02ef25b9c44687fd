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
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.base.UserError;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationLoss;
import sakd.distill.DistillationObjective;
import sakd.distill.DistillationWeights;
import sakd.infer.Evaluator;
import sakd.infer.PixelConfusion;
import sakd.infer.Score;
import sakd.nn.Parameters;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.task.Task;
import sakd.testing.Devices;
import sakd.testing.RecordingDevice;
import sakd.testing.TinyMasks;
import sakd.testing.TinySegmenter;

/** Whole trainings of a small network on masks, on every device with kernels. */
class SegmentationTest {
  private static final int BATCH = 4;
  private static final int STEPS = 2;

  @TempDir private Path folder;

  static Stream<Named<Ops>> halfDevices() {
    return Devices.forTraining().filter(d -> d.getPayload().device().supports(DType.F16));
  }

  /** A student that follows a teacher of random weights, and what a training of it needs. */
  private final class Run implements AutoCloseable {
    private final Ops ops;
    private final TinyMasks data = new TinyMasks();
    private final Parameters teachers = new Parameters(1);
    private final Parameters parameters = new Parameters(2);
    private final TinySegmenter teacher;
    private final TinySegmenter student;
    private final DistillationObjective objective;

    Run(Ops ops, DistillationWeights weights) {
      this.ops = ops;
      teacher = new TinySegmenter(Neuron.RELU, 1, TinyMasks.CLASSES, teachers);
      teachers.allocate(ops);
      student = new TinySegmenter(Neuron.LIF, STEPS, TinyMasks.CLASSES, parameters);
      DistillationLoss loss =
          new DistillationLoss(
              Task.SEGMENTATION, DistillationForm.PUBLISHED, weights, student, 1, parameters);
      parameters.allocate(ops);
      objective = new DistillationObjective(student, teacher, loss);
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

    byte[] last(String name) throws IOException {
      return Files.readAllBytes(folder.resolve(name).resolve(Trainer.LAST));
    }

    @Override
    public void close() {
      student.close();
      teacher.close();
    }
  }

  private static final DistillationWeights SAKD = new DistillationWeights(1, 1, 10, 2, 0.1f);

  private static TrainSettings settings(int epochs, DType storage, float emaDecay) {
    return new TrainSettings(
        epochs,
        BATCH,
        TrainSettings.Algorithm.SGD,
        0.05,
        0.9f,
        5e-4f,
        LrSchedule.Kind.POLY,
        0,
        1,
        emaDecay,
        true,
        Mixing.NONE,
        true,
        3,
        1,
        2,
        storage);
  }

  /** Hears nothing, but may be told to stop in an epoch. */
  private static Listener stopping(int inEpoch) {
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
        assertEquals(List.of("ce", "logits", "aux", "features"), names(s));
        s.loss().terms().forEach((name, value) -> assertTrue(value > 0, name));
      }

      private List<String> names(EpochSummary s) {
        return List.copyOf(s.loss().terms().keySet());
      }
    };
  }

  private byte[] train(Ops ops, String name, TrainSettings settings) throws IOException {
    try (Run run = new Run(ops, SAKD)) {
      run.train(name, settings, false, stopping(0));
      return run.last(name);
    }
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedStepsLeaveTheVeryBytesOfOrdinaryOnes(Ops ops) throws IOException {
    RecordingDevice device = new RecordingDevice(ops.device());
    TrainSettings settings = settings(2, DType.F32, 0.9f);
    byte[] ordinary = train(ops, "ordinary", settings);
    byte[] recorded = train(new KernelOps(device), "recorded", settings);
    // Of 2 epochs with 5 full batches each, all but the first three.
    assertEquals(7, device.launches());
    assertArrayEquals(ordinary, recorded);
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("halfDevices")
  void aResumedFloat16RunEndsWithTheSameBytes(Ops ops) throws IOException {
    TrainSettings settings = settings(3, DType.F16, 0.9f);
    final byte[] alone = train(ops, "alone", settings);
    try (Run run = new Run(ops, SAKD)) {
      assertThrows(
          IllegalStateException.class, () -> run.train("killed", settings, false, stopping(3)));
    }
    try (Run run = new Run(ops, SAKD)) {
      run.train("killed", settings, true, stopping(0));
      assertArrayEquals(alone, run.last("killed"));
    }
  }

  /** By labels alone, so that what it finds is theirs. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void findsBrightAndDarkBoxes(Ops ops) {
    try (Run run = new Run(ops, DistillationWeights.direct(0));
        Evaluator evaluator = run.evaluator(DType.F32);
        PixelConfusion pixels = new PixelConfusion(ops, TinyMasks.CLASSES)) {
      double before = evaluator.evaluate(run.student, false).scores().value();
      var outcome =
          run.train(
              "boxes",
              settings(8, DType.F32, 0),
              false,
              new Listener() {
                @Override
                public void step(StepSummary summary) {}

                @Override
                public void epoch(EpochSummary summary) {}
              });
      Evaluator.Evaluation e = evaluator.evaluate(run.student, true, pixels);
      assertTrue(before < 0.5 && outcome.last() > 0.8, before + " to " + outcome.last());
      assertEquals(Score.MIOU, e.scores().headline());
      assertEquals(outcome.last(), e.scores().value());
      assertEquals(pixels.scores(), e.scores());
      // Without the frames, and without what pads pictures to a batch.
      long boxes = TinyMasks.PICTURES * 16L;
      assertEquals(boxes, pixels.pixels(1));
      assertEquals(boxes, pixels.pixels(2));
      assertEquals(TinyMasks.PICTURES * (12 * 16 - 72L), pixels.pixels(0));
      assertEquals(List.of("bn1", "bn2"), List.copyOf(e.activity().firingRates().keySet()));
      e.activity().firingRates().forEach((name, r) -> assertTrue(r > 0 && r < 1, name + " " + r));
    }
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void saysWhereATrainingBroke(Ops ops) {
    try (Run run = new Run(ops, SAKD)) {
      float[] weights = run.parameters.get("classifier.weight").get();
      weights[3] = Float.NaN;
      run.parameters.get("classifier.weight").set(weights);
      UserError e =
          assertThrows(
              UserError.class,
              () -> run.train("broken", settings(1, DType.F32, 0), false, stopping(0)));
      assertTrue(e.getMessage().contains("classifier.weight"), e.getMessage());
    }
  }
}
