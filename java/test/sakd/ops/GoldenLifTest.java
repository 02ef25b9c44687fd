package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.EachDevice;
import sakd.testing.Golden;
import sakd.testing.Twins;

/** The neuron against 144 configurations of an independent implementation, both ways. */
class GoldenLifTest {
  private static final Golden GOLDEN = Golden.open("lif.safetensors");
  private static final List<Map<String, String>> CONFIGS = GOLDEN.configs();

  private static double number(Map<String, String> config, String name) {
    String text = config.get(name);
    return text.equals("null") ? Double.NaN : Double.parseDouble(text);
  }

  private static Neuron neuron(Map<String, String> config) {
    return new Neuron(
        Neuron.Kind.LIF,
        (float) number(config, "tau"),
        (float) number(config, "v_th"),
        (float) number(config, "v_reset"),
        Boolean.parseBoolean(config.get("decay_input")),
        Boolean.parseBoolean(config.get("detach_reset")),
        Neuron.Surrogate.valueOf(config.get("surrogate").toUpperCase(Locale.ROOT)),
        (float) number(config, "alpha"));
  }

  @Test
  void holds144Configurations() {
    assertEquals(144, CONFIGS.size());
  }

  @Test
  void doublePrecisionAgreesToRounding() {
    for (int i = 0; i < CONFIGS.size(); i++) {
      Map<String, String> config = CONFIGS.get(i);
      ReferenceNeuron neuron =
          new ReferenceNeuron(
              neuron(config),
              1 / number(config, "tau"),
              number(config, "v_th"),
              number(config, "v_reset"),
              number(config, "alpha"));
      int steps = (int) number(config, "T");
      double[] x = GOLDEN.values(i + ".x");
      double[] g = GOLDEN.values(i + ".grad_s");
      double[] s = new double[x.length];
      double[] gx = new double[x.length];
      int n = x.length / steps;
      for (int k = 0; k < n; k++) {
        double[] y = column(x, n, k);
        double[] out = new double[steps];
        double[] gy = new double[steps];
        neuron.forward(y, out);
        neuron.backward(y, column(g, n, k), gy);
        for (int t = 0; t < steps; t++) {
          s[t * n + k] = out[t];
          gx[t * n + k] = gy[t];
        }
      }
      assertArrayEquals(GOLDEN.values(i + ".s"), s, () -> "spikes of " + config);
      assertArrayEquals(GOLDEN.values(i + ".grad_x"), gx, 1e-12, () -> "gradients of " + config);
    }
  }

  private static double[] column(double[] matrix, int n, int k) {
    double[] column = new double[matrix.length / n];
    for (int t = 0; t < column.length; t++) {
      column[t] = matrix[t * n + k];
    }
    return column;
  }

  /** Float32 tensors on every device: the same spikes, gradients to the last few digits. */
  @EachDevice
  void everyDeviceAgrees(Ops ops) {
    // Each is compiled.
    int step = Devices.isEmulated(ops) ? 7 : 1;
    for (int i = 0; i < CONFIGS.size(); i += step) {
      Map<String, String> config = CONFIGS.get(i);
      int steps = (int) number(config, "T");
      double[] x = GOLDEN.values(i + ".x");
      int n = x.length / steps;
      try (Tensor in = tensor(ops, x, steps, 1, n);
          Tensor out = tensor(ops, new double[x.length], steps, 1, n);
          Tensor gradOut = tensor(ops, GOLDEN.values(i + ".grad_s"), steps, 1, n);
          Tensor gradIn = tensor(ops, new double[x.length], steps, 1, n)) {
        Neuron neuron = neuron(config);
        ops.neuron(neuron, Neuron.Residual.NONE, in, null, null, null, out);
        Ops.NeuronGradients gradients = new Ops.NeuronGradients(gradIn, null, null, null, null);
        ops.neuronBackward(neuron, Neuron.Residual.NONE, in, null, null, null, gradOut, gradients);
        assertArrayEquals(
            GOLDEN.values(i + ".s"), Twins.values(ops, out), () -> "spikes of " + config);
        double[] expected = GOLDEN.values(i + ".grad_x");
        double[] actual = Twins.values(ops, gradIn);
        for (int k = 0; k < x.length; k++) {
          assertEquals(
              expected[k],
              actual[k],
              1e-5 * Math.abs(expected[k]) + 1e-6,
              () -> "gradients of " + config);
        }
      }
    }
  }

  private static Tensor tensor(Ops ops, double[] values, int... shape) {
    Tensor t = ops.allocate(DType.F32, shape);
    Twins.set(ops, t, values);
    return t;
  }
}
