package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.KernelOps;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.Golden;

/**
 * Logits of the ANNs against PyTorch's in float64. Weights and images are the function of name and
 * index that {@code golden/models.py} computes too.
 */
class NetworksGoldenTest {
  private static final double TOLERANCE = 1e-4;
  private static final int CLASSES = 10;
  private static final int IMAGES = 2;

  private static Ops ops;

  @BeforeAll
  static void open() {
    ops = CpuDevice.hasCompiler() ? new KernelOps(CpuDevice.open()) : Devices.reference();
  }

  @AfterAll
  static void close() {
    ops.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet18-imagenet-64",
        "resnet34-imagenet-64",
        "resnet50-imagenet-64",
        "resnet101-imagenet-64",
        "resnet152-imagenet-64",
        "resnet18-cifar-32",
        "resnet50-cifar-32",
        "resnet20-A-32",
        "resnet20-B-32",
        "resnet32-A-32",
        "resnet32-B-32",
        "resnet44-A-32",
        "resnet44-B-32",
        "resnet56-A-32",
        "resnet56-B-32",
        "resnet8-B-28",
        "resnet19-B-32",
        "vgg11-cifar-32",
        "vgg13-cifar-32",
        "vgg16-cifar-32",
        "vgg-imagenet-224",
        "vgg9-cifar-48"
      })
  void logitsEqualPyTorchs(String name) {
    double[] expected = Golden.open("models.safetensors").values(name);
    String[] words = name.split("-");
    int side = Integer.parseInt(words[2]);
    Parameters parameters = new Parameters(0);
    try (Network network =
        spec(words[0], words[1]).ann().build(Neuron.RELU, 1, 3, CLASSES, parameters)) {
      parameters.reserve(ops);
      for (Parameter p : parameters.all()) {
        p.set(values(p.name(), p.shape()));
      }
      int[] shape = {IMAGES, 3, side, side};
      HostTensor images = HostTensor.ofFloats(values("images", shape), shape);
      float[] logits =
          Predictor.predict(ops, network, images, IMAGES, DType.F32).logits().toFloats();
      assertEquals(expected.length, logits.length);
      double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < logits.length; i++) {
        double error = Math.abs(logits[i] - expected[i]) / largest;
        assertTrue(error < TOLERANCE, name + ", logit " + i + ": error " + error);
      }
    }
  }

  private static NetworkSpec spec(String name, String variant) {
    if (name.equals("vgg")) { // The real head has a hundred million weights.
      return new VggSpec(
          name,
          List.of(List.of(8), List.of(16), List.of(32, 32), List.of(64, 64), List.of(64, 64)),
          false,
          96,
          NetworkSpec.Stem.IMAGENET);
    }
    NetworkSpec spec = Networks.named(name);
    return variant.length() == 1
        ? ((ResNetSpec) spec).withShortcut(ResNetSpec.Shortcut.valueOf(variant))
        : spec.withStem(NetworkSpec.Stem.valueOf(variant.toUpperCase(Locale.ROOT)));
  }

  /** {@code values} of models.py. */
  private static float[] values(String name, int... shape) {
    float[] out = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    int fanIn = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
    boolean positive =
        name.endsWith("running_var") || (name.endsWith("weight") && shape.length == 1);
    boolean weight = shape.length > 1 && !name.equals("images");
    double bound = weight ? Math.sqrt(6.0 / fanIn) : 1;
    CRC32 seed = new CRC32();
    seed.update(name.getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < out.length; i++) {
      long z = seed.getValue() + (i + 1) * 0x9E3779B97F4A7C15L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      double u = ((z ^ (z >>> 31)) >>> 40) * 0x1p-24;
      out[i] = (float) (positive ? 0.5 + u : (2 * u - 1) * bound);
    }
    return out;
  }
}
