package sakd.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.GoldenRows;

/**
 * One training step of the ANNs for segmentation against torchvision's in float64: {@code
 * golden/segmentation.py} tells how the files were made, whose weights and pictures are a formula
 * that is here too.
 */
class SegmentationGoldenTest {
  private static final float AUXILIARY_WEIGHT = 0.5f;
  private static final int CLASSES = 5;
  private static final int SAMPLES = 3;
  private static Ops ops;

  @BeforeAll
  static void open() {
    // Deep networks of random weights turn roundings into other signs: the devices, which are held
    // to the reference elsewhere, would each need pictures of their own.
    ops = Devices.reference();
  }

  @AfterAll
  static void close() {
    ops.close();
  }

  /** Head, body and output stride. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "fcn-resnet18-32",
        "fcn-resnet18-8",
        "fcn-resnet50-8",
        "deeplabv3-resnet18-16",
        "deeplabv3-resnet50-8"
      })
  void stepEqualsTorchvisions(String file) {
    String pictures = file.contains("resnet50") ? "images4" : "images13";
    int height = file.contains("resnet50") ? 25 : 33;
    int width = file.contains("resnet50") ? 35 : 47;
    Map<String, double[]> expected = GoldenRows.of("segmentation/" + file);
    String[] words = file.split("-");
    SegmentationSpec spec =
        ((SegmentationSpec) Networks.named(words[0] + "-" + words[1]))
            .withOutputStride(Integer.parseInt(words[2]));
    Parameters parameters = new Parameters(0);
    try (Network network = spec.ann().build(Neuron.RELU, 1, 3, CLASSES, parameters);
        Tensor images = ops.allocate(DType.F32, 1, SAMPLES, height, width, 3);
        Tensor labels = ops.allocate(DType.U8, SAMPLES, height, width);
        Tensor scale = ops.allocate(DType.F32, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      parameters.allocate(ops);
      parameters.all().stream().filter(Parameter::trained).forEach(SegmentationGoldenTest::fill);
      Transfers.setFloats(ops.device(), images, pictures(pictures, height * width));
      Transfers.setBytes(ops.device(), labels, labels(height * width));
      ops.fill(scale, 1);
      Network.Output out = network.forward(tape, tape.input(images), false);
      GoldenRows.check(
          "logits", expected.get("logits"), pixelsInside(out.logits(), height * width));
      GoldenRows.check(
          "auxiliary", expected.get("auxiliary"), pixelsInside(out.auxiliary(), height * width));
      double[] losses = {
        loss(tape, out.logits(), labels, scale, 1),
        loss(tape, out.auxiliary(), labels, scale, AUXILIARY_WEIGHT)
      };
      tape.backward();
      for (int i = 0; i < losses.length; i++) {
        assertEquals(
            expected.get("loss")[i], losses[i], GoldenRows.TOLERANCE * losses[i], "loss " + i);
      }
      for (Parameter p : parameters.all()) {
        GoldenRows.check(
            p.name(), expected.get(p.name()), p.trained() ? p.read(p.gradient()) : p.get());
      }
      assertEquals(expected.size(), parameters.all().size() + 3, "parameters and buffers");
    }
  }

  private static double loss(Tape tape, Var logits, Tensor labels, Tensor scale, float weight) {
    try (Tensor losses = ops.allocate(DType.F32, 1, 2);
        Tensor hits = ops.allocate(DType.I32, 2)) {
      Tensor grad = tape.gradientOf(logits);
      ops.pixelLoss(logits.value(), null, labels, null, scale, weight, 0, 1, 0, losses, hits, grad);
      tape.pass(logits, grad);
      return Transfers.floats(ops.device(), losses)[0];
    }
  }

  /** [1, N, H, W, K] in PyTorch's order [N, K, H, W]. */
  private static float[] pixelsInside(Var logits, int area) {
    float[] from = Transfers.floats(ops.device(), logits.value());
    float[] to = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      int pixel = i / CLASSES;
      to[(pixel / area * CLASSES + i % CLASSES) * area + pixel % area] = from[i];
    }
    return to;
  }

  private static float[] pictures(String name, int area) {
    double[] u = GoldenRows.uniform(name, SAMPLES * 3 * area);
    float[] out = new float[u.length];
    for (int i = 0; i < u.length; i++) {
      int pixel = i % area;
      out[(i / area / 3 * area + pixel) * 3 + i / area % 3] =
          (float) (2 * u[i] - 1 + i / area / 3 - 1);
    }
    return out;
  }

  private static byte[] labels(int area) {
    double[] u = GoldenRows.uniform("labels", SAMPLES * area);
    byte[] out = new byte[u.length];
    for (int i = 0; i < u.length; i++) {
      int label = (int) Math.floor(u[i] * (CLASSES + 1));
      out[i] = (byte) (label == CLASSES ? Targets.IGNORED : label);
    }
    return out;
  }

  private static void fill(Parameter p) {
    double[] u = GoldenRows.uniform(p.name(), p.size());
    float[] out = new float[u.length];
    double bound = Math.sqrt(6.0 * p.shape()[0] / p.size());
    for (int i = 0; i < u.length; i++) {
      out[i] =
          (float)
              (p.shape().length > 1
                  ? (2 * u[i] - 1) * bound
                  : p.name().endsWith("weight")
                      ? 0.5 * u[i] + 0.5
                      : u[i] < 0.5 ? -0.5 - 2 * u[i] : 2 * u[i] - 0.5);
    }
    p.set(out);
  }

  /** Names and shapes of torchvision's networks for 21 classes, as of its published files. */
  @ParameterizedTest
  @CsvSource({"fcn-resnet50, 35322218", "deeplabv3-resnet50, 42004074"})
  void namesAndShapesAreTorchvisions(String name, long parameters) {
    List<String> expected =
        GoldenRows.lines("/models/" + name.replace('-', '_') + ".txt").stream().sorted().toList();
    SegmentationSpec spiking = (SegmentationSpec) Networks.named(name);
    assertEquals(expected, NetworksTest.tensors(spiking.ann(), Neuron.RELU, 21));
    assertEquals(expected, NetworksTest.tensors(spiking, Neuron.LIF, 21));
    assertEquals(expected, NetworksTest.tensors(spiking.withSpikingHead(false), Neuron.LIF, 21));
    assertEquals(expected, NetworksTest.tensors(Networks.named("sew-" + name), Neuron.LIF, 21));
    assertEquals(parameters, NetworkSize.parameters(spiking, 3, 21));
  }
}
