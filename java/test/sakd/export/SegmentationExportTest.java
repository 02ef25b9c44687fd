package sakd.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.model.SegmentationSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** Networks for segmentation in exported files, run by others. */
class SegmentationExportTest {
  private static final int STEPS = 3;
  private static final int CHANNELS = 3;
  private static final int HEIGHT = 27;
  private static final int WIDTH = 38;
  private static final int CLASSES = 4;
  private static final int IMAGES = 2;

  /** Float32 against double; a flipped spike would be far more. */
  private static final float TOLERANCE = 1e-4f;

  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;

  private static final float[] PIXELS =
      Draw.floats(new Draw(3).normal(IMAGES * CHANNELS * HEIGHT * WIDTH));

  private static int steps(String name) {
    return name.contains("relu") ? 1 : STEPS;
  }

  /** A network of every kind that a name describes, with weights as after some training. */
  private static Network network(String name) {
    boolean sew = name.contains("sew");
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            sew ? Neuron.Residual.ADD : Neuron.Residual.INPUT,
            false,
            List.of(1, 1, 1, 1),
            List.of(4, 8, 8, 8),
            4,
            name.contains("imagenet") ? NetworkSpec.Stem.IMAGENET : NetworkSpec.Stem.CIFAR,
            ResNetSpec.Shortcut.B,
            0);
    SegmentationSpec spec =
        new SegmentationSpec(
            "tiny",
            name.contains("deeplab") ? SegmentationSpec.Kind.DEEPLABV3 : SegmentationSpec.Kind.FCN,
            body,
            name.contains("16") ? 16 : 8,
            true,
            !name.contains("ann head"));
    Neuron neuron =
        name.contains("relu")
            ? Neuron.RELU
            : new Neuron(
                Neuron.Kind.LIF, 2.5f, 0.75f, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);
    Parameters parameters = new Parameters(7);
    Network network = spec.build(neuron, steps(name), CHANNELS, CLASSES, parameters);
    parameters.allocate(OPS);
    Draw draw = new Draw(1);
    for (Parameter p : parameters.all()) {
      if (p.name().endsWith("running_var")) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5, 1.5)));
      } else if (p.name().endsWith("weight") && p.shape().length == 1) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5, 1.5)));
      } else if (p.name().endsWith("running_mean") || p.name().endsWith("bias")) {
        p.set(Draw.floats(draw.normal(p.size(), 0.2, 0.3)));
      }
    }
    return network;
  }

  /** [N, K, H, W] of this program. */
  private static float[] logits(Network network) {
    float[] last = new float[PIXELS.length];
    int area = HEIGHT * WIDTH;
    for (int i = 0; i < last.length; i++) {
      int image = i / (area * CHANNELS);
      last[i] = PIXELS[(image * CHANNELS + i % CHANNELS) * area + i / CHANNELS % area];
    }
    try (Tensor plain = Transfers.vector(OPS, last);
        Tensor images = OPS.allocate(DType.F32, 1, IMAGES, HEIGHT, WIDTH, CHANNELS);
        Tape tape = new Tape(OPS, Tape.Mode.INFERENCE, DType.F32)) {
      OPS.convert(plain, images);
      Tensor out = network.forward(tape, tape.input(images), false).logits().value();
      assertArrayEquals(new int[] {1, IMAGES, HEIGHT, WIDTH, CLASSES}, out.shape());
      float[] found = Transfers.floats(OPS.device(), out);
      float[] first = new float[found.length];
      for (int i = 0; i < found.length; i++) {
        int image = i / (area * CLASSES);
        first[(image * CLASSES + i % CLASSES) * area + i / CLASSES % area] = found[i];
      }
      return first;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fcn relu",
        "fcn lif",
        "fcn lif imagenet",
        "fcn lif sew imagenet 16",
        "fcn lif ann head",
        "deeplab relu imagenet",
        "deeplab lif imagenet",
        "deeplab lif ann head imagenet 16"
      })
  void onnxRuntimeComputesTheSame(String name) throws OrtException {
    Path path = folder.resolve("net.onnx");
    float[] expected;
    try (Network network = network(name)) {
      expected = logits(network);
      OnnxFile.write(path, network, CHANNELS, HEIGHT, WIDTH, Map.of("sakd.model", name));
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(PIXELS),
                new long[] {IMAGES, CHANNELS, HEIGHT, WIDTH});
        OrtSession.Result result = session.run(Map.of("images", in))) {
      OnnxTensor out = (OnnxTensor) result.get("logits").orElseThrow();
      assertArrayEquals(new long[] {IMAGES, CLASSES, HEIGHT, WIDTH}, out.getInfo().getShape());
      assertArrayEquals(expected, out.getFloatBuffer().array(), TOLERANCE);
      float largest = 0;
      for (float logit : expected) {
        largest = Math.max(largest, Math.abs(logit));
      }
      assertTrue(largest > 0.1, "a network that says nothing proves nothing: " + largest);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fcn lif", "deeplab lif imagenet", "fcn lif ann head"})
  void nirCannotResize(String name) {
    Path path = folder.resolve("net.nir");
    try (Network network = network(name)) {
      UserError e =
          assertThrows(
              UserError.class, () -> NirFile.write(path, network, STEPS, CHANNELS, HEIGHT, WIDTH));
      assertEquals(
          "NIR has no node for maps that are resized or concatenated, as in segmentation; "
              + "expected a network for"
              + " classification, or export it as onnx",
          e.getMessage());
    }
    assertFalse(Files.exists(path));
  }
}
