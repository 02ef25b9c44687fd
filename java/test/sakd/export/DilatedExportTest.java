package sakd.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.device.DType;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.model.Network;
import sakd.nn.BatchNorm2d;
import sakd.nn.Conv2d;
import sakd.nn.Linear;
import sakd.nn.NormNeuron;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;
import sakd.testing.Draw;

/** A dilated convolution in exported files, run by others. */
class DilatedExportTest {
  private static final int STEPS = 3;
  private static final int CHANNELS = 2;
  private static final int HEIGHT = 9;
  private static final int WIDTH = 11;
  private static final int CLASSES = 4;
  private static final Ops OPS = Devices.reference();

  @TempDir Path folder;
  private final float[] image = Draw.floats(new Draw(3).normal(CHANNELS * HEIGHT * WIDTH));

  /** Convolution with gaps of 3 and stride 2, batch norm, LIF, mean over space, linear. */
  private static final class Dilated implements Network {
    private final Parameters parameters = new Parameters(7);
    private final Conv2d conv = new Conv2d(parameters, "conv1", CHANNELS, 6, 3, 2, 3);
    private final NormNeuron act =
        new NormNeuron(
            parameters,
            "act1",
            new BatchNorm2d(parameters, "bn1", 6),
            new Neuron(Neuron.Kind.LIF, 2, 0.5f, 0, false, false, Neuron.Surrogate.TRIANGLE, 1),
            Neuron.Residual.NONE,
            STEPS);
    private final Linear fc = new Linear(parameters, "fc", 6, CLASSES);

    Dilated() {
      parameters.allocate(OPS);
      Draw draw = new Draw(1);
      for (Parameter p : parameters.all()) {
        if (p.name().equals("conv1.weight")) {
          p.set(Draw.floats(draw.normal(p.size())));
        }
      }
    }

    @Override
    public Output forward(Tape tape, Var images, boolean keepStages) {
      Var spikes = act.forward(tape, conv.forward(tape, images));
      Var stepLogits = fc.forward(tape, Pooling.average(tape, spikes));
      return new Output(Pooling.timeMean(tape, stepLogits), stepLogits, null, List.of());
    }

    @Override
    public Parameters parameters() {
      return parameters;
    }

    @Override
    public List<Integer> stageChannels() {
      return List.of();
    }
  }

  private final Network network = new Dilated();
  private Predictor.Prediction expected;

  @BeforeEach
  void predict() {
    HostTensor images = HostTensor.ofFloats(image, 1, CHANNELS, HEIGHT, WIDTH);
    expected = Predictor.predict(OPS, network, images, 1, DType.F32);
  }

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void nir() {
    Path path = folder.resolve("net.nir");
    NirFile.write(path, network, STEPS, CHANNELS, HEIGHT, WIDTH);
    NirGraph graph = new NirGraph(path);
    double[] pixels = new double[image.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = image[i];
    }
    float[] logits = expected.stepLogits().toFloats();
    for (int t = 0; t < STEPS; t++) {
      double[] out = graph.step(pixels);
      for (int k = 0; k < CLASSES; k++) {
        assertEquals(logits[t * CLASSES + k], out[k], 1e-4, "step " + t);
      }
    }
    assertTrue(graph.margin() > 1e-6, "the draw is too near a threshold to compare");
    assertEquals(0.5, graph.firingRate(), 0.45, "a network that is silent proves nothing");
  }

  @Test
  void onnx() throws OrtException {
    Path path = folder.resolve("net.onnx");
    OnnxFile.write(path, network, CHANNELS, HEIGHT, WIDTH, Map.of());
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(path.toString());
        OnnxTensor in =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(image), new long[] {1, CHANNELS, HEIGHT, WIDTH});
        OrtSession.Result result = session.run(Map.of("images", in))) {
      OnnxTensor out = (OnnxTensor) result.get("logits").orElseThrow();
      assertArrayEquals(expected.logits().toFloats(), out.getFloatBuffer().array(), 1e-4f);
    }
  }
}
