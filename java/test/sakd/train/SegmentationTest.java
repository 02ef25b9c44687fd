package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.distill.DistillationWeights;
import sakd.infer.Evaluator;
import sakd.infer.PixelConfusion;
import sakd.infer.Score;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.testing.RecordingDevice;
import sakd.testing.TinyMasks;
import sakd.testing.TinySegmenter;

/** Whole trainings of a small network on masks, on every device with kernels. */
class SegmentationTest {
  private static final DistillationWeights SAKD = new DistillationWeights(1, 1, 10, 2, 0.1f);

  @TempDir private Path folder;

  private TinyRun run(Ops ops, DistillationWeights weights) {
    return new TinyRun(
        ops,
        folder,
        new TinyMasks(),
        (neuron, steps, p) -> new TinySegmenter(neuron, steps, TinyMasks.CLASSES, p),
        weights,
        List.of("ce", "logits", "aux", "features"));
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
  @MethodSource("sakd.testing.Devices#halvesForTraining")
  void aResumedFloat16RunEndsWithTheSameBytes(Ops ops) throws IOException {
    TinyRun.assertResumes(() -> run(ops, SAKD), TinyRun.settings(3, DType.F16, 0.9f));
  }

  /** By labels alone, so that what it finds is theirs. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void findsBrightAndDarkBoxes(Ops ops) {
    try (TinyRun run = run(ops, DistillationWeights.direct(0));
        Evaluator evaluator = run.evaluator(DType.F32);
        PixelConfusion pixels = new PixelConfusion(ops, TinyMasks.CLASSES)) {
      double before = evaluator.evaluate(run.student, false).scores().value();
      var outcome = run.train("boxes", TinyRun.settings(8, DType.F32, 0), false, TinyRun.DEAF);
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
    try (TinyRun run = run(ops, SAKD)) {
      float[] weights = run.parameters.get("classifier.weight").get();
      weights[3] = Float.NaN;
      run.parameters.get("classifier.weight").set(weights);
      UserError e =
          assertThrows(
              UserError.class,
              () -> run.trained("broken", TinyRun.settings(1, DType.F32, 0), false));
      assertTrue(e.getMessage().contains("classifier.weight"), e.getMessage());
    }
  }
}
