package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.DType;
import sakd.distill.DistillationWeights;
import sakd.infer.BoxMeter;
import sakd.infer.CocoScores;
import sakd.infer.Evaluator;
import sakd.infer.Score;
import sakd.model.DetectionSpec;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.RecordingDevice;
import sakd.testing.TinyBoxes;
import sakd.testing.TinyDetector;

/** Whole trainings of a small detector, on every device with kernels. */
class DetectionTest {
  private static final DistillationWeights SAKD = new DistillationWeights(1, 1, 10, 1, 1, 2, 0);

  @TempDir private Path folder;

  private TinyRun run(Ops ops, DistillationWeights weights) {
    DetectionSpec spec = TinyDetector.spec(Neuron.Residual.INPUT, false);
    TinyRun run =
        new TinyRun(
            ops,
            folder,
            new TinyBoxes(),
            (neuron, steps, p) -> spec.build(neuron, steps, 1, TinyBoxes.CLASSES, p),
            weights,
            List.of("focal", "logits", "box", "boxes", "pyramid", "features"));
    TinyDetector.sure(run.teachers());
    return run;
  }

  private byte[] train(Ops ops, String name, TrainSettings settings) throws IOException {
    try (TinyRun run = run(ops, SAKD)) {
      return run.trained(name, settings, false);
    }
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedStepsLeaveTheVeryBytesOfOrdinaryOnes(Ops ops) throws IOException {
    RecordingDevice device = new RecordingDevice(ops.device());
    TrainSettings settings = TinyRun.settings(2, DType.F32, 0.9f);
    byte[] ordinary = train(ops, "ordinary", settings);
    byte[] recorded = train(new KernelOps(device), "recorded", settings);
    // Of 2 epochs with 5 full batches each, all but the first three.
    assertEquals(7, device.launches());
    assertArrayEquals(ordinary, recorded);
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void aResumedRunEndsWithTheSameBytes(Ops ops) throws IOException {
    TinyRun.assertResumes(() -> run(ops, SAKD), TinyRun.settings(3, DType.F32, 0.9f));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#halvesForTraining")
  void aResumedFloat16RunEndsWithTheSameBytes(Ops ops) throws IOException {
    TinyRun.assertResumes(() -> run(ops, SAKD), TinyRun.settings(3, DType.F16, 0.9f));
  }

  /** By labels alone, so that what it finds is theirs. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void findsBrightAndDarkObjects(Ops ops) {
    List<Double> losses = new ArrayList<>();
    try (TinyRun run = run(ops, DistillationWeights.direct(0));
        Evaluator evaluator = run.evaluator(DType.F32);
        BoxMeter boxes = new BoxMeter(ops, TinyBoxes.CLASSES)) {
      double before = evaluator.evaluate(run.student, false).scores().get(Score.AP50);
      Trainer.Outcome outcome =
          run.train(
              "objects",
              TinyRun.settings(10, TrainSettings.Algorithm.ADAMW, 0.01, DType.F32, 0),
              false,
              new Listener() {
                @Override
                public void step(StepSummary summary) {}

                @Override
                public void epoch(EpochSummary summary) {
                  losses.add(summary.loss().total());
                }
              });
      Evaluator.Evaluation e = evaluator.evaluate(run.student, true, boxes);
      double after = e.scores().get(Score.AP50);
      assertTrue(before < 0.02 && after > 0.2, before + " to " + after);
      assertTrue(losses.get(9) < 0.7 * losses.get(0), losses.toString());
      assertEquals(Score.AP, e.scores().headline());
      assertEquals(outcome.last(), e.scores().value());
      assertEquals(boxes.coco().figures().get(CocoScores.Figure.AP), e.scores().value());
      assertEquals(TinyBoxes.PICTURES, e.images());
      e.activity().firingRates().forEach((name, r) -> assertTrue(r > 0 && r < 1, name + " " + r));
    }
  }
}
