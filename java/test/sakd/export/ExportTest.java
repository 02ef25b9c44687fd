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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.model.InputEncoding;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.ResNetSpec;
import sakd.model.VggSpec;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** Exported files, run by others, against the network that was exported. */
class ExportTest {
  private static final int STEPS = 4;

  /** Twice the side that the head of a VGG takes. */
  private static final int SIDE = 14;

  private static final int CHANNELS = 3;
  private static final int CLASSES = 5;
  private static final int IMAGES = 2;

  /** Float32 against double; a flipped spike would be far more. */
  private static final float TOLERANCE = 1e-4f;

  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;

  private static Neuron neuron(Neuron.Kind kind, float vReset, boolean decayInput) {
    return new Neuron(kind, 2.5f, 0.75f, vReset, decayInput, false, Neuron.Surrogate.TRIANGLE, 1);
  }

  /** A network of every kind that a name describes, with weights as after some training. */
  private static Network network(String name, int steps) {
    Neuron neuron =
        name.contains("relu")
            ? Neuron.RELU
            : neuron(
                name.contains("plif")
                    ? Neuron.Kind.PLIF
                    : name.contains("lif") ? Neuron.Kind.LIF : Neuron.Kind.IF,
                name.contains("soft") ? Float.NaN : name.contains("reset") ? -0.25f : 0,
                name.contains("decay"));
    boolean sew = name.contains("sew");
    Neuron.Residual merge =
        !sew
            ? Neuron.Residual.INPUT
            : name.contains("iand")
                ? Neuron.Residual.IAND
                : name.contains("and") ? Neuron.Residual.AND : Neuron.Residual.ADD;
    NetworkSpec.Stem stem =
        name.contains("imagenet") ? NetworkSpec.Stem.IMAGENET : NetworkSpec.Stem.CIFAR;
    NetworkSpec spec =
        name.contains("vgg")
            ? name.contains("events")
                ? new VggSpec("tiny", List.of(List.of(4, 6), List.of(5)), true, 0, stem)
                : new VggSpec("tiny", List.of(List.of(4, 4)), false, 6, stem)
            : new ResNetSpec(
                "tiny",
                merge,
                name.contains("bottleneck"),
                List.of(2, 1),
                List.of(4, 8),
                4,
                stem,
                name.contains("shortcut") ? ResNetSpec.Shortcut.A : ResNetSpec.Shortcut.B,
                name.contains("hidden") ? 6 : 0);
    Parameters parameters = new Parameters(7);
    Network network = spec.build(neuron, steps, CHANNELS, CLASSES, parameters);
    parameters.allocate(OPS);
    Draw draw = new Draw(1);
    // A neuron that divides its input by tau needs more of it.
    double gamma = neuron.decayInput() ? 3 : 1;
    for (Parameter p : parameters.all()) {
      if (p.name().endsWith("running_var")) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5, 1.5)));
      } else if (p.name().endsWith("weight") && p.shape().length == 1) {
        p.set(Draw.floats(draw.uniform(p.size(), 0.5 * gamma, 1.5 * gamma)));
      } else if (p.name().endsWith("running_mean") || p.name().endsWith("bias")) {
        p.set(Draw.floats(draw.normal(p.size(), 0.2, 0.3)));
      }
    }
    return network;
  }

  private static HostTensor images() {
    int size = IMAGES * CHANNELS * SIDE * SIDE;
    return HostTensor.ofFloats(Draw.floats(new Draw(3).normal(size)), IMAGES, CHANNELS, SIDE, SIDE);
  }

  private static Predictor.Prediction predict(String name, int steps) {
    try (Network network = network(name, steps)) {
      return Predictor.predict(OPS, network, images(), IMAGES, DType.F32);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lif",
        "lif reset hidden",
        "lif decay bottleneck",
        "if",
        "plif decay reset",
        "plif sew",
        "if sew reset",
        "lif vgg events"
      })
  void theNirGraphComputesTheSameAtEveryStep(String name) {
    Path path = folder.resolve("net.nir");
    try (Network network = network(name, STEPS)) {
      NirFile.write(path, network, STEPS, CHANNELS, SIDE, SIDE);
    }
    float[] all = images().toFloats();
    float[] expected = predict(name, STEPS).stepLogits().toFloats();
    for (int image = 0; image < IMAGES; image++) {
      double[] pixels = new double[all.length / IMAGES];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = all[image * pixels.length + i];
      }
      NirGraph graph = new NirGraph(path);
      assertEquals(STEPS, graph.steps);
      for (int t = 0; t < STEPS; t++) {
        double[] out = graph.step(pixels);
        for (int k = 0; k < CLASSES; k++) {
          int at = (t * IMAGES + image) * CLASSES + k;
          assertEquals(expected[at], out[k], TOLERANCE, "step " + t);
        }
      }
      assertTrue(graph.margin() > 1e-6, "the draw is too near a threshold to compare");
      assertEquals(0.3, graph.firingRate(), 0.25, "a network that is silent proves nothing");
    }
  }

  @Test
  void fieldsOfNirNodes() {
    Path path = folder.resolve("net.nir");
    try (Network network = network("lif sew", STEPS)) {
      NirFile.write(path, network, STEPS, CHANNELS, SIDE, SIDE);
    }
    NirGraph graph = new NirGraph(path);
    assertEquals(8, graph.types().stream().filter("Conv2d"::equals).count());
    assertEquals(8, graph.types().stream().filter("LIF"::equals).count());
    assertEquals(3, graph.types().stream().filter("Scale"::equals).count());
    assertArrayEquals(new int[] {4, CHANNELS, 3, 3}, graph.shape("conv1", "weight"));
    assertArrayEquals(new int[] {4}, graph.shape("conv1", "bias"));
    assertArrayEquals(new int[] {2}, graph.shape("conv1", "stride"));
    assertArrayEquals(new int[] {}, graph.shape("conv1", "groups"));
    for (String field : List.of("tau", "r", "v_leak", "v_threshold", "v_reset")) {
      assertArrayEquals(new int[] {8, 7, 7}, graph.shape("layer2_0_act1", field), field);
    }
    assertEquals(2.5e-4, graph.value("act1", "tau"), 1e-9);
    assertEquals(2.5, graph.value("act1", "r"), 1e-6);
    assertEquals(Math.nextDown(0.75f), graph.value("act1", "v_threshold"));
    assertArrayEquals(new int[] {3}, graph.shape("input", "shape"));
    assertEquals(CLASSES, graph.value("output", "shape"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"lif soft", "lif sew and", "lif sew iand", "relu", "lif imagenet", "lif vgg"})
  void whatNirCannotSayIsRefused(String name) {
    Path path = folder.resolve("net.nir");
    try (Network network = network(name, STEPS)) {
      UserError e =
          assertThrows(
              UserError.class, () -> NirFile.write(path, network, STEPS, CHANNELS, SIDE, SIDE));
      assertTrue(e.getMessage().startsWith("NIR has no node for "), e.getMessage());
    }
    assertFalse(Files.exists(path));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "relu",
        "relu hidden bottleneck imagenet",
        "lif",
        "lif soft reset hidden imagenet",
        "plif decay reset bottleneck",
        "if soft sew",
        "if sew and",
        "lif decay sew iand",
        "relu vgg",
        "lif vgg imagenet",
        "relu vgg events",
        "lif vgg events",
        "plif shortcut"
      })
  void onnxRuntimeComputesTheSame(String name) throws OrtException {
    Path path = folder.resolve("net.onnx");
    int steps = name.startsWith("relu") ? 1 : STEPS;
    try (Network network = network(name, steps)) {
      OnnxFile.write(path, network, CHANNELS, SIDE, SIDE, Map.of("sakd.model", name));
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(images().toFloats()),
                new long[] {IMAGES, CHANNELS, SIDE, SIDE});
        OrtSession.Result result = session.run(Map.of("images", in))) {
      OnnxTensor out = (OnnxTensor) result.get("logits").orElseThrow();
      assertArrayEquals(new long[] {IMAGES, CLASSES}, out.getInfo().getShape());
      assertArrayEquals(
          predict(name, steps).logits().toFloats(), out.getFloatBuffer().array(), TOLERANCE);
      assertEquals(name, session.getMetadata().getCustomMetadata().get("sakd.model"));
    }
  }

  /**
   * Who runs the graph makes the spikes; with those of the encoder it says what the network says.
   */
  @Test
  void encodedNetworksTakeSpikes() throws OrtException {
    InputEncoding encoding =
        new InputEncoding(Encoding.LATENCY, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.4f));
    float[] pixels = images().toFloats();
    float[] spikes = new float[STEPS * pixels.length];
    int size = pixels.length / IMAGES;
    for (int i = 0; i < pixels.length; i++) {
      int c = i / (SIDE * SIDE) % CHANNELS;
      double x = pixels[i] * encoding.std().get(c) + encoding.mean().get(c);
      double level = Math.max(0, Math.min(255, Math.floor(255 * x + 0.5)));
      int t = (int) Math.round((STEPS - 1) * (1 - level / 255));
      spikes[(i / size * STEPS + t) * size + i % size] = 1;
    }
    Path onnx = folder.resolve("net.onnx");
    Path nir = folder.resolve("net.nir");
    float[] expected;
    try (Network network = encoding.before(network("lif", STEPS), STEPS)) {
      expected = Predictor.predict(OPS, network, images(), IMAGES, DType.F32).logits().toFloats();
      OnnxFile.write(onnx, network, CHANNELS, SIDE, SIDE, Map.of());
      NirFile.write(nir, network, STEPS, CHANNELS, SIDE, SIDE);
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(onnx.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment,
                FloatBuffer.wrap(spikes),
                new long[] {IMAGES, STEPS, CHANNELS, SIDE, SIDE});
        OrtSession.Result result = session.run(Map.of("spikes", in))) {
      OnnxTensor out = (OnnxTensor) result.get("logits").orElseThrow();
      assertArrayEquals(expected, out.getFloatBuffer().array(), TOLERANCE);
    }
    NirGraph graph = new NirGraph(nir);
    double[] mean = new double[CLASSES];
    for (int t = 0; t < STEPS; t++) {
      double[] frame = new double[size];
      for (int i = 0; i < size; i++) {
        frame[i] = spikes[t * size + i];
      }
      double[] out = graph.step(frame);
      for (int k = 0; k < CLASSES; k++) {
        mean[k] += out[k] / STEPS;
      }
    }
    for (int k = 0; k < CLASSES; k++) {
      assertEquals(expected[k], mean[k], TOLERANCE, "of the first image");
    }
  }
}
