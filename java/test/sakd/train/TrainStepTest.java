package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Epoch;
import sakd.data.Mixing;
import sakd.device.DType;
import sakd.distill.DistillationForm;
import sakd.distill.DistillationWeights;
import sakd.infer.BatchUploader;
import sakd.ops.Distance;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.StepTerms;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.RecordingDevice;
import sakd.testing.TinyTraining;

/** Steps that are recorded, and float16 steps with loss scaling, on every device with kernels. */
class TrainStepTest {
  @TempDir private Path folder;

  static Stream<Named<Ops>> halfDevices() {
    return Devices.forTraining().filter(d -> d.getPayload().device().supports(DType.F16));
  }

  private byte[] train(Ops ops, String name, DType storage) throws IOException {
    return train(ops, name, storage, Mixing.NONE);
  }

  private byte[] train(Ops ops, String name, DType storage, Mixing mixing) throws IOException {
    return train(new TinyTraining(ops, 1), name, storage, mixing);
  }

  private byte[] train(TinyTraining made, String name, DType storage, Mixing mixing)
      throws IOException {
    try (TinyTraining training = made) {
      training.run(
          folder.resolve(name),
          TinyTraining.settings(3, TrainSettings.Algorithm.ADAMW, storage, mixing),
          false,
          s -> assertTrue(Double.isFinite(s.loss().total()), s.toString()));
    }
    return Files.readAllBytes(folder.resolve(name).resolve(Trainer.LAST));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedStepsLeaveTheVeryBytesOfOrdinaryOnes(Ops ops) throws IOException {
    RecordingDevice device = new RecordingDevice(ops.device());
    byte[] ordinary = train(ops, "ordinary", DType.F32);
    byte[] recorded = train(new KernelOps(device), "recorded", DType.F32);
    // Of 3 epochs with 5 full batches each, all but the first three, and those of the third epoch,
    // when the weights of the losses change.
    assertEquals(9, device.launches());
    assertArrayEquals(ordinary, recorded);
  }

  /** The noise differs from step to step: a recorded step reads its draw from the device. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedStepsDrawTheNoiseOfOrdinaryOnes(Ops ops) throws IOException {
    RecordingDevice device = new RecordingDevice(ops.device());
    Ops recording = new KernelOps(device);
    byte[] ordinary = train(noisy(ops, 0.5f), "ordinary", DType.F32, Mixing.NONE);
    byte[] recorded = train(noisy(recording, 0.5f), "recorded", DType.F32, Mixing.NONE);
    assertEquals(9, device.launches());
    assertArrayEquals(ordinary, recorded);
    byte[] quiet = train(noisy(ops, 0), "quiet", DType.F32, Mixing.NONE);
    assertFalse(Arrays.equals(ordinary, quiet));
  }

  private static TinyTraining noisy(Ops ops, float noise) {
    DistillationForm form = new DistillationForm(Distance.MSE, false, 0, 1, 0, noise);
    DistillationWeights weights = new DistillationWeights(1, 1, 10, 4, 0);
    return new TinyTraining(ops, form, weights.with(1, StepTerms.NONE));
  }

  /** Shares and boxes differ from step to step: a recorded step reads them from the device. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void recordedStepsMixWhatOrdinaryOnesDo(Ops ops) throws IOException {
    RecordingDevice device = new RecordingDevice(ops.device());
    Mixing mixing = new Mixing(0.8, 1);
    byte[] ordinary = train(ops, "ordinary", DType.F32, mixing);
    byte[] recorded = train(new KernelOps(device), "recorded", DType.F32, mixing);
    assertEquals(9, device.launches());
    assertArrayEquals(ordinary, recorded);
    assertFalse(Arrays.equals(ordinary, train(ops, "alone", DType.F32)));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("halfDevices")
  void aResumedFloat16RunEndsWithTheSameBytes(Ops ops) throws IOException {
    TrainSettings settings = TinyTraining.settings(3, TrainSettings.Algorithm.ADAMW, DType.F16);
    byte[] alone = train(ops, "alone", DType.F16);
    Path run = folder.resolve("killed");
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      assertThrows(
          IllegalStateException.class,
          () ->
              training.run(
                  run,
                  settings,
                  false,
                  s -> {
                    assertTrue(s.lossScale() >= 1, s.toString());
                    if (s.epoch() == 3) {
                      throw new IllegalStateException("killed");
                    }
                  }));
    }
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(run, settings, true, s -> assertEquals(3, s.epoch()));
    }
    assertArrayEquals(alone, Files.readAllBytes(run.resolve(Trainer.LAST)));
  }

  /** With so large a loss the first gradients overflow float16, until the scale has fallen. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("halfDevices")
  void aStepThatOverflowsIsSkippedAndTrainingGoesOn(Ops ops) {
    try (TinyTraining training = new TinyTraining(ops, 3000);
        BatchUploader inputs = new BatchUploader(ops, training.data);
        Optimizer optimizer =
            Optimizer.adamw(ops, training.parameters, WeightDecay.ofAll(0.1f), 0, true);
        Ema ema = new Ema(ops, training.parameters, 0.5f);
        TrainStep step =
            new TrainStep(
                ops,
                inputs,
                training.objective,
                optimizer,
                ema,
                DType.F16,
                TinyTraining.BATCH,
                Scale.USUAL);
        Epoch batches =
            new DataLoader(training.data, TinyTraining.BATCH, false, false, Augment.NONE, 0, 0)
                .epoch(0)) {
      optimizer.learningRate(0.01);
      float[] before = training.parameters.get("conv1.weight").get();
      float[] statistics = training.parameters.get("bn1.running_mean").get();
      var batch = batches.next();
      step.run(batch);
      assertEquals(32768, optimizer.scale());
      assertEquals(1, optimizer.skipped());
      assertArrayEquals(before, training.parameters.get("conv1.weight").get());
      optimizer.state().values().forEach(t -> assertArrayEquals(zeros(t), floats(ops, t)));
      ema.swap();
      assertArrayEquals(before, training.parameters.get("conv1.weight").get());
      assertArrayEquals(statistics, training.parameters.get("bn1.running_mean").get());
      ema.swap();
      // As in PyTorch, batch norm has seen the batch.
      assertTrue(!Arrays.equals(statistics, training.parameters.get("bn1.running_mean").get()));
      for (int i = 0; i < 15; i++) {
        step.run(batch);
      }
      StepSums sums = step.take();
      assertEquals(16, sums.steps());
      assertEquals(0, sums.broken());
      long skipped = optimizer.skipped();
      assertTrue(skipped > 1 && skipped < 12, skipped + " steps were skipped");
      assertEquals(65536 / Math.pow(2, (double) skipped), optimizer.scale());
      assertTrue(!Arrays.equals(before, training.parameters.get("conv1.weight").get()));
      for (float w : training.parameters.get("conv1.weight").get()) {
        assertTrue(Float.isFinite(w));
      }
    }
  }

  private static float[] floats(Ops ops, Tensor t) {
    return Transfers.floats(ops.device(), t);
  }

  private static float[] zeros(Tensor t) {
    return new float[Math.toIntExact(t.size())];
  }
}
