package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.device.UserSource;
import sakd.device.cpu.ReferenceDevice;
import sakd.device.cpu.ReferenceMatrix;
import sakd.testing.Devices;

/** Neurons of users' files: the example, and mistakes in such files. */
class UserNeuronTest {
  private static final UserSource QUADRATIC =
      UserSource.read(Path.of("kernels/examples/quadratic.h"));

  private static Neuron neuron(float vReset, boolean detach, UserSource file) {
    return new Neuron(
        Neuron.Kind.CUSTOM, 4, 1.25f, vReset, false, detach, Neuron.Surrogate.ATAN, 2, file);
  }

  /** The example's equations in double arithmetic: s [T] and gx [T] of x [T] and g [T]. */
  private static void quadratic(Neuron n, double[] x, double[] g, double[] s, double[] gx) {
    int steps = x.length;
    double[] h = new double[steps];
    double[] u = new double[steps];
    double start = n.vStart();
    double slope = 2 / (n.vThreshold() - start);
    double k = 1.0 / n.tau();
    double v = start;
    for (int t = 0; t < steps; t++) {
      u[t] = v - start;
      h[t] = v + k * u[t] * (u[t] * slope - 1) + x[t];
      s[t] = h[t] >= n.vThreshold() ? 1 : 0;
      v = n.hardReset() ? (1 - s[t]) * h[t] + s[t] * n.vReset() : h[t] - s[t] * n.vThreshold();
    }
    double gv = 0;
    for (int t = steps - 1; t >= 0; t--) {
      double w = Math.PI / 2 * n.alpha() * (h[t] - n.vThreshold());
      double sg = n.alpha() / 2 / (1 + w * w);
      double dv = n.hardReset() ? 1 - s[t] : 1;
      if (!n.detachReset()) {
        dv += sg * (n.hardReset() ? n.vReset() - h[t] : -n.vThreshold());
      }
      gx[t] = g[t] * sg + gv * dv;
      gv = gx[t] * (1 + k * (2 * slope * u[t] - 1));
    }
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#compiled")
  void theExampleIsItsEquations(Ops ops) {
    Neuron hard = neuron(-0.25f, false, QUADRATIC);
    ops.checkNeuron(hard);
    compare(ops, hard, 5, 3 * 16);
    if (!Devices.isEmulated(ops)) {
      Neuron soft = neuron(Float.NaN, false, QUADRATIC);
      ops.checkNeuron(soft);
      compare(ops, soft, 3, 7);
      compare(ops, neuron(0, true, QUADRATIC), 2, 16);
    }
  }

  private static void compare(Ops ops, Neuron neuron, int steps, int n) {
    Random random = new Random(4);
    float[] x = new float[steps * n];
    float[] g = new float[steps * n];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (0.4 + 0.6 * random.nextGaussian());
      g[i] = (float) random.nextGaussian();
    }
    int[] shape = {steps, n};
    try (Tensor in = ops.allocate(DType.F32, shape);
        Tensor gradOut = ops.allocate(DType.F32, shape);
        Tensor out = ops.allocate(DType.F32, shape);
        Tensor gradX = ops.allocate(DType.F32, shape)) {
      Transfers.setFloats(ops.device(), in, x);
      Transfers.setFloats(ops.device(), gradOut, g);
      ops.neuron(neuron, Neuron.Residual.NONE, in, null, null, null, out);
      ops.neuronBackward(
          neuron,
          Neuron.Residual.NONE,
          in,
          null,
          null,
          null,
          gradOut,
          new Ops.NeuronGradients(gradX, null, null, null, null));
      float[] spikes = Transfers.floats(ops.device(), out);
      float[] gradients = Transfers.floats(ops.device(), gradX);
      double fired = 0;
      for (int i = 0; i < n; i++) {
        double[] inputs = column(x, i, n);
        double[] s = new double[steps];
        double[] gx = new double[steps];
        quadratic(neuron, inputs, column(g, i, n), s, gx);
        for (int t = 0; t < steps; t++) {
          assertEquals(s[t], spikes[t * n + i], "spike " + t + " of " + i);
          assertEquals(gx[t], gradients[t * n + i], 1e-4 * (1 + Math.abs(gx[t])));
          fired += s[t];
        }
      }
      assertTrue(fired > 0.1 * x.length && fired < 0.9 * x.length, "spikes " + fired);
    }
  }

  private static double[] column(float[] values, int i, int n) {
    double[] column = new double[values.length / n];
    for (int t = 0; t < column.length; t++) {
      column[t] = values[t * n + i];
    }
    return column;
  }

  private static String refusal(Ops ops, String from, String to) {
    assertTrue(QUADRATIC.text().contains(from), from);
    UserSource wrong = new UserSource("wrong.h", QUADRATIC.text().replace(from, to));
    return assertThrows(UserError.class, () -> ops.checkNeuron(neuron(0, false, wrong)), to)
        .getMessage();
  }

  /** What is wrong, and the start of the message. */
  private static final List<List<String>> WRONG =
      List.of(
          List.of("1.0f + c.k * (2", "1.0f + c.k * (3", "wrong.h: charge_dv is "),
          List.of(
              "x, Constants c) { return splat(1.0f); }",
              "x, Constants c) { return splat(0.99f); }",
              "wrong.h: charge_dx is 0.99000 at v = "),
          List.of("return 1.0f - s;", "return 1.0f + s;", "wrong.h: reset_dh is 2.0000 at h = "),
          List.of("return c.v_reset - h;", "return h - c.v_reset;", "wrong.h: reset_ds is "),
          List.of("c.v_th, splat(1.0f)", "c.v_th, splat(0.5f)", "wrong.h: fire is 0.5 at h = "),
          List.of("return surrogate(", "return -surrogate(", "wrong.h: fire_dh is -"),
          List.of("slope - 1.0f) + x;", "slope - 1.0f) + x / (c.k - c.k);", "wrong.h: charge is "));

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#compiled")
  void wrongFunctionsAreRefused(Ops ops) {
    List<List<String>> wrong = Devices.isEmulated(ops) ? WRONG.subList(0, 2) : WRONG;
    for (List<String> w : wrong) {
      String message = refusal(ops, w.get(0), w.get(1));
      assertTrue(message.startsWith(w.get(2)), message);
      assertTrue(message.endsWith("; correct the file"), message);
    }
    String message = refusal(ops, "return 1.0f - s;", "return 1.0f + s;");
    assertTrue(message.contains(" and s = 1.0, where differences say 0.0000"), message);
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#compiled")
  void theCompilersLineIsThatOfTheFile(Ops ops) {
    String message =
        refusal(ops, "const vfloat u = v - c.v_reset;", "const vfloat u = v - c.rest;");
    long line = QUADRATIC.text().lines().takeWhile(l -> !l.contains("const vfloat u")).count() + 1;
    assertTrue(
        message.matches("wrong.h does not compile: wrong.h[:(]" + line + "\\b.*rest.*; expected.*"),
        message);
    message = refusal(ops, "vfloat reset_ds", "vfloat resetds");
    assertTrue(message.contains("reset_ds"), message);
  }

  /** Kinks: the derivative to either side will do. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#compiled")
  void aFunctionMayHaveKinks(Ops ops) {
    String kinked =
        QUADRATIC
            .text()
            .replace("(u * slope - 1.0f) + x;", "(u * slope - 1.0f) + relu(x);")
            .replace(
                "x, Constants c) { return splat(1.0f); }",
                "x, Constants c) { return above_zero(x); }");
    ops.checkNeuron(neuron(0, false, new UserSource("kinked.h", kinked)));
  }

  @Test
  void theReferenceSaysThatItHasNoCompiler() {
    try (ReferenceDevice device = new ReferenceDevice();
        Ops ops = new ReferenceOps(device, new ReferenceMatrix())) {
      ops.checkNeuron(Neuron.LIF);
      UserError e =
          assertThrows(UserError.class, () -> ops.checkNeuron(Neuron.LIF.with(QUADRATIC)));
      assertTrue(
          e.getMessage().matches("the neuron in quadratic.h .* no C\\+\\+ compiler .*apt-get.*"),
          e.getMessage());
    }
  }
}
