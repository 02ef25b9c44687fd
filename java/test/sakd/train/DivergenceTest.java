package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.ops.Ops;
import sakd.testing.TinyTraining;

/** A training that breaks ends with the name of the layer, on every device. */
class DivergenceTest {
  @TempDir private Path folder;

  /** Trains two epochs in float32, breaking the weight after the first one. */
  private String broken(Ops ops, String parameter, float value) throws IOException {
    TrainSettings settings = TinyTraining.settings(2, TrainSettings.Algorithm.SGD, DType.F32);
    Path last = folder.resolve(Trainer.LAST);
    byte[][] before = new byte[1][];
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      UserError e =
          assertThrows(
              UserError.class,
              () ->
                  training.run(
                      folder,
                      settings,
                      false,
                      s -> {
                        if (s.epoch() == 2 && s.step() == 2) {
                          before[0] = read(last);
                          Parameter p = training.parameters.get(parameter);
                          float[] values = p.get();
                          values[values.length - 1] = value;
                          p.set(values);
                        }
                      }));
      assertArrayEquals(before[0], Files.readAllBytes(last), "the checkpoint is as it was");
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
      assertTrue(
          e.getMessage().endsWith("helps, and the last checkpoint is as it was"), e.getMessage());
      return e.getMessage();
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void assertSays(String expected, String message) {
    assertTrue(message.contains(expected), message);
  }

  /** Spikes hide it from the loss: a NaN is not above the threshold. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void aWeightThatIsNoNumber(Ops ops) throws IOException {
    assertSays(
        "the gradient of tiny became infinite or NaN in epoch 2, step 3, first in the weights"
            + " layer2.0.conv1.weight; ",
        broken(ops, "layer2.0.conv1.weight", Float.NaN));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void activationsThatOverflow(Ops ops) throws IOException {
    assertSays(
        ", first in the activations of layer2.0.conv2; ",
        broken(ops, "layer2.0.conv2.weight", 3e38f));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void aBiasThatBreaksTheLossItself(Ops ops) throws IOException {
    assertSays(
        "the loss of tiny became NaN in epoch 2, step 3, first in the weights fc.bias; ",
        broken(ops, "fc.bias", Float.NaN));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void aRunningStatistic(Ops ops) throws IOException {
    assertSays(
        "the network of tiny became infinite or NaN in epoch 2, step 4, first in the running"
            + " statistics layer1.0.bn1.running_var; ",
        broken(ops, "layer1.0.bn1.running_var", Float.POSITIVE_INFINITY));
  }
}
