package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.testing.TinyTraining;

/** Trainings with checkpointed activations end with the bytes of those without. */
class CheckpointedTrainingTest {
  @TempDir private Path folder;

  private byte[] train(Ops ops, int microBatches, boolean checkpointed) throws IOException {
    Path run = folder.resolve(microBatches + (checkpointed ? "checkpointed" : "whole"));
    TrainSettings settings =
        TinyTraining.settings(2, TrainSettings.Algorithm.SGD, DType.F32)
            .with(new Scale(microBatches, DType.F32, 0).checkpointed(checkpointed));
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(run, settings, false, s -> {});
    }
    return Files.readAllBytes(run.resolve(Trainer.LAST));
  }

  /** With steps that are recorded, where the device can, and with micro-batches. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void endsWithTheSameBytes(Ops ops) throws IOException {
    for (int microBatches : new int[] {1, 2}) {
      assertArrayEquals(train(ops, microBatches, false), train(ops, microBatches, true));
    }
  }
}
