package sakd.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.HostTensor;
import sakd.io.Safetensors;
import sakd.io.UserError;
import sakd.io.WeightFile;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.testing.Devices;

class WeightsTest {
  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;
  private Path file;
  private Parameters parameters;

  @BeforeEach
  void twoParameters() {
    file = folder.resolve("w.safetensors");
    parameters = new Parameters(0);
    parameters.constant("fc.weight", 1, 2, 3);
    parameters.constant("fc.bias", 2, 2);
    parameters.allocate(OPS);
  }

  private void write(Object... namesAndShapes) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < namesAndShapes.length; i += 2) {
      int[] shape = (int[]) namesAndShapes[i + 1];
      int size = 1;
      for (int d : shape) {
        size *= d;
      }
      tensors.put((String) namesAndShapes[i], HostTensor.ofFloats(new float[size], shape));
    }
    Safetensors.write(file, Map.of(), tensors);
  }

  private void assertRefused(String... words) {
    UserError e =
        assertThrows(
            UserError.class,
            () -> Weights.load(WeightFile.read(file), parameters, name -> true, "a net"));
    for (String word : words) {
      assertTrue(e.getMessage().contains(word), e.getMessage());
    }
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
    assertTrue(e.getMessage().contains(file + " holds the weights of another network than a net"));
    assertArrayEquals(new float[] {2, 2}, parameters.get("fc.bias").get());
    assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, parameters.get("fc.weight").get());
  }

  @Test
  void whatTheFileLacksIsNamed() {
    write("fc.bias", new int[] {2});
    assertRefused("1 tensors are missing (fc.weight)");
  }

  @Test
  void otherShapesAreNamed() {
    write("fc.bias", new int[] {2}, "fc.weight", new int[] {3, 2});
    assertRefused("fc.weight is [3, 2] instead of [2, 3]");
  }

  @Test
  void tensorsOfNoLayerAreNamedButNotAllOfMany() {
    int[] one = {1};
    write(
        "fc.bias",
        new int[] {2},
        "fc.weight",
        new int[] {2, 3},
        "a",
        one,
        "b",
        one,
        "c",
        one,
        "d",
        one,
        "e",
        one);
    assertRefused("5 belong to no layer (a, b, c, d, ...)");
  }

  @Test
  void whatPyTorchAndTrainingAddIsLetPass() {
    int[] one = {1};
    write(
        "fc.bias",
        new int[] {2},
        "fc.weight",
        new int[] {2, 3},
        "bn1.num_batches_tracked",
        one,
        "transform1.net.0.weight",
        one,
        "optimizer.momentum.fc.bias",
        one,
        "ema.weights.fc.bias",
        one);
    Weights.load(WeightFile.read(file), parameters, name -> true, "a net");
    assertArrayEquals(new float[] {0, 0}, parameters.get("fc.bias").get());
  }

  @Test
  void aMissingFileIsNamed() {
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(folder.resolve("no")));
    assertTrue(e.getMessage().contains("no such file"), e.getMessage());
  }

  @Test
  void theLastLayerGoesByOtherNamesUnlessOursIsThereToo() {
    write("linear.bias", new int[] {2}, "linear.weight", new int[] {2, 3});
    Weights.load(WeightFile.read(file), parameters, name -> true, "a net");
    assertArrayEquals(new float[] {0, 0}, parameters.get("fc.bias").get());
    parameters.get("fc.bias").set(new float[] {2, 2});
    parameters.get("fc.weight").set(new float[] {1, 1, 1, 1, 1, 1});
    write("fc.bias", new int[] {2}, "fc.weight", new int[] {2, 3}, "linear.bias", new int[] {2});
    assertRefused("1 belong to no layer (linear.bias)");
  }

  @Test
  void wrappersAndShortcutsAreRenamed() {
    write("_orig_mod.module.layer2.0.shortcut.1.bias", new int[] {2});
    assertEquals(Set.of("layer2.0.downsample.1.bias"), WeightFile.read(file).tensors().keySet());
  }
}
