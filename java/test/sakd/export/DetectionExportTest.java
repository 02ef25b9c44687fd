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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.model.DetectionSpec;
import sakd.model.Network;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.TinyDetector;

/** Detectors in exported files, run by others. */
class DetectionExportTest {
  private static final int STEPS = 3;
  private static final int CHANNELS = 3;
  private static final int CLASSES = 4;
  private static final int IMAGES = 2;

  /** Float32 against double; a flipped spike would be far more. */
  private static final float TOLERANCE = 1e-4f;

  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;

  /**
   * A detector with weights as after some training.
   *
   * @param kind blocks and neurons, and whether the head has these too
   */
  private static Network network(String kind) {
    Neuron.Residual merge = kind.contains("sew") ? Neuron.Residual.ADD : Neuron.Residual.INPUT;
    DetectionSpec spec = TinyDetector.spec(merge, kind.contains("spiking head"));
    boolean ann = kind.equals("relu");
    Parameters parameters = new Parameters(7);
    Network network =
        (ann ? spec.ann() : spec)
            .build(neuron(kind), ann ? 1 : STEPS, CHANNELS, CLASSES, parameters);
    parameters.allocate(OPS);
    Draw draw = new Draw(1);
    for (Parameter p : parameters.all()) {
      if (p.name().endsWith("running_var")) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5, 1.5)));
      } else if (p.name().endsWith("weight") && p.shape().length == 1) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5, 1.5)));
      } else if (p.name().endsWith("running_mean") || p.name().endsWith("bias")) {
        p.set(Draw.floats(draw.normal(p.size(), 0.2, 0.3)));
      } else if (p.name().endsWith("weight") && !p.name().startsWith(DetectionSpec.BODY)) {
        double std = Math.sqrt(2.0 * p.shape()[0] / p.size());
        p.set(Draw.floats(draw.normal(p.size(), 0, std)));
      }
    }
    return network;
  }

  private static Neuron neuron(String kind) {
    if (kind.equals("relu")) {
      return Neuron.RELU;
    }
    Neuron.Kind spiking = kind.contains("plif") ? Neuron.Kind.PLIF : Neuron.Kind.LIF;
    return new Neuron(spiking, 2.5f, 0.75f, 0, false, false, Neuron.Surrogate.TRIANGLE, 1);
  }

  /**
   * What this program says.
   *
   * @param logits [N, A, K]
   * @param deltas [N, A, 4]
   */
  private record Found(float[] logits, float[] deltas, int anchors) {}

  private static Found found(Network network, float[] pixels, int height, int width) {
    float[] last = new float[pixels.length];
    int area = height * width;
    for (int i = 0; i < last.length; i++) {
      int image = i / (area * CHANNELS);
      last[i] = pixels[(image * CHANNELS + i % CHANNELS) * area + i / CHANNELS % area];
    }
    try (Tensor images = OPS.allocate(DType.F32, 1, IMAGES, height, width, CHANNELS);
        Tape tape = new Tape(OPS, Tape.Mode.INFERENCE, DType.F32)) {
      Transfers.setFloats(OPS.device(), images, last);
      Network.Output out = network.forward(tape, tape.input(images), false);
      int anchors = out.boxes().grid().count();
      Tensor logits = out.logits().value();
      assertArrayEquals(new int[] {1, IMAGES, anchors, CLASSES}, logits.shape());
      return new Found(
          Transfers.floats(OPS.device(), logits),
          Transfers.floats(OPS.device(), out.boxes().deltas().value()),
          anchors);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "relu, 64, 64",
    "relu, 70, 45",
    "lif, 64, 64",
    "lif spiking head, 64, 64",
    "lif sew, 70, 45",
    "plif sew spiking head, 70, 45"
  })
  void onnxRuntimeComputesTheSame(String kind, int height, int width) throws OrtException {
    Path path = folder.resolve("net.onnx");
    float[] pixels = Draw.floats(new Draw(3).normal(IMAGES * CHANNELS * height * width));
    Found expected;
    try (Network network = network(kind)) {
      expected = found(network, pixels, height, width);
      OnnxFile.write(path, network, CHANNELS, height, width, Map.of("sakd.model", kind));
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(pixels),
                new long[] {IMAGES, CHANNELS, height, width});
        OrtSession.Result result = session.run(Map.of("images", in))) {
      check(result, "logits", expected.logits, IMAGES, expected.anchors, CLASSES);
      check(result, "deltas", expected.deltas, IMAGES, expected.anchors, 4);
    }
  }

  private static void check(
      OrtSession.Result result, String name, float[] expected, long... shape) {
    OnnxTensor out = (OnnxTensor) result.get(name).orElseThrow();
    assertArrayEquals(shape, out.getInfo().getShape(), name);
    assertArrayEquals(expected, out.getFloatBuffer().array(), TOLERANCE, name);
    // Weights that nothing reaches would say the same of all places.
    int picture = (int) shape[1] * (int) shape[2];
    int differing = 0;
    for (int i = 0; i < picture; i++) {
      differing += Math.abs(expected[i] - expected[picture + i]) > 0.01f ? 1 : 0;
    }
    assertTrue(differing > picture / 2, name + " differ at " + differing + " of " + picture);
  }

  /** The five levels read one head. */
  @Test
  void whatLevelsShareIsStoredOnce() throws IOException {
    Path path = folder.resolve("net.onnx");
    try (Network network = network("lif spiking head")) {
      OnnxFile.write(path, network, CHANNELS, 64, 64, Map.of());
      String file = Files.readString(path, StandardCharsets.ISO_8859_1);
      for (Parameter p : network.parameters().all()) {
        if (p.name().startsWith("head.")) {
          ByteBuffer raw =
              ByteBuffer.allocate(p.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          raw.asFloatBuffer().put(p.get());
          String stored = new String(raw.array(), StandardCharsets.ISO_8859_1);
          assertTrue(file.contains(stored), p.name());
          assertEquals(file.indexOf(stored), file.lastIndexOf(stored), p.name());
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lif", "lif sew spiking head"})
  void nirHasNoDetectors(String kind) {
    Path path = folder.resolve("net.nir");
    try (Network network = network(kind)) {
      UserError e =
          assertThrows(
              UserError.class, () -> NirFile.write(path, network, STEPS, CHANNELS, 64, 64));
      assertEquals(
          "NIR has no node for a detector: its pyramid upsamples maps, and levels share weights;"
              + " expected a network for classification, or export it as onnx",
          e.getMessage());
    }
    assertFalse(Files.exists(path));
  }
}
