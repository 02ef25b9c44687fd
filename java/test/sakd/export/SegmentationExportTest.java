package sakd.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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

/** Exported networks for segmentation: what ONNX Runtime computes, and why NIR cannot have them. */
class SegmentationExportTest {
  private static final int STEPS = 3;
  private static final int CHANNELS = 3;
  private static final int CLASSES = 4;
  private static final int HEIGHT = 9;
  private static final int WIDTH = 14;
  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;

  /** With a stem that makes pictures smaller, so that the last stage is dilated. */
  private static Network network(String name) {
    ResNetSpec body =
        new ResNetSpec(
            "tiny",
            Neuron.Residual.INPUT,
            false,
            List.of(1, 1, 1),
            List.of(4, 6, 8),
            4,
            name.contains("small") ? NetworkSpec.Stem.CIFAR : NetworkSpec.Stem.IMAGENET,
            ResNetSpec.Shortcut.B,
            0);
    SegmentationSpec.Kind kind =
        name.contains("fcn") ? SegmentationSpec.Kind.FCN : SegmentationSpec.Kind.DEEPLABV3;
    SegmentationSpec spec =
        new SegmentationSpec("tiny", kind, body, 8, true, !name.contains("head"));
    Neuron neuron =
        name.startsWith("relu")
            ? Neuron.RELU
            : new Neuron(Neuron.Kind.LIF, 2, 0.5f, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);
    Parameters parameters = new Parameters(7);
    Network network = spec.build(neuron, STEPS, CHANNELS, CLASSES, parameters);
    parameters.allocate(OPS);
    Draw draw = new Draw(1);
    for (Parameter p : parameters.all()) {
      if (p.name().endsWith("running_mean") || p.name().endsWith("bias")) {
        p.set(floats(draw.normal(p.size(), 0.1, 0.3)));
      }
    }
    return network;
  }

  private static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"relu fcn", "relu deeplab", "lif fcn", "lif deeplab small", "lif deeplab head"})
  void onnxRuntimeComputesTheSame(String name) throws OrtException {
    Path path = folder.resolve("net.onnx");
    float[] pixels = floats(new Draw(3).normal(HEIGHT * WIDTH * CHANNELS));
    float[] expected;
    try (Network network = network(name);
        Tensor images = OPS.allocate(DType.F32, 1, 1, HEIGHT, WIDTH, CHANNELS);
        Tape tape = new Tape(OPS, Tape.Mode.INFERENCE, DType.F32)) {
      OnnxFile.write(path, network, CHANNELS, HEIGHT, WIDTH, Map.of());
      Transfers.setFloats(OPS.device(), images, pixels);
      Tensor logits = network.forward(tape, tape.input(images), false).logits().value();
      expected = channelsFirst(Transfers.floats(OPS.device(), logits), CLASSES);
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(channelsFirst(pixels, CHANNELS)),
                new long[] {1, CHANNELS, HEIGHT, WIDTH});
        OrtSession.Result result = session.run(Map.of("images", in))) {
      OnnxTensor out = (OnnxTensor) result.get("logits").orElseThrow();
      assertArrayEquals(new long[] {1, CLASSES, HEIGHT, WIDTH}, out.getInfo().getShape());
      assertArrayEquals(expected, out.getFloatBuffer().array(), 1e-4f);
      assertTrue(spread(expected) > 0.01, "a map that is the same everywhere proves nothing");
    }
  }

  /** Of the first class over the pixels. */
  private static float spread(float[] logits) {
    float low = Float.POSITIVE_INFINITY;
    float high = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
      low = Math.min(low, logits[i]);
      high = Math.max(high, logits[i]);
    }
    return high - low;
  }

  private static float[] channelsFirst(float[] from, int channels) {
    float[] to = new float[from.length];
    int area = from.length / channels;
    for (int i = 0; i < from.length; i++) {
      to[i % channels * area + i / channels] = from[i];
    }
    return to;
  }

  @ParameterizedTest
  @ValueSource(strings = {"lif fcn small", "lif deeplab small"})
  void nirIsRefusedWithTheReason(String name) {
    Path path = folder.resolve("net.nir");
    try (Network network = network(name)) {
      UserError e =
          assertThrows(
              UserError.class, () -> NirFile.write(path, network, STEPS, CHANNELS, HEIGHT, WIDTH));
      assertTrue(e.getMessage().startsWith("NIR has no node for maps that are"), e.getMessage());
    }
    assertFalse(Files.exists(path));
  }
}
