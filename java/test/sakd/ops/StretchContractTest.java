package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/**
 * A neuron whose time is cut into stretches, on every device: against the reference's stretches,
 * and those against the reference's neuron over the whole time.
 */
class StretchContractTest {
  private static final int ROWS = 8;
  private static final int CHANNELS = 16;
  private static final int[] STRETCHES = {3, 4, 1};

  @EachDevice
  void stretchesMakeAWhole(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      check(ops, Neuron.LIF, type);
    }
    for (Neuron.Surrogate surrogate : Neuron.Surrogate.values()) {
      check(ops, new Neuron(Neuron.Kind.LIF, 2, 1, Float.NaN, true, false, surrogate, 1.5f));
      check(ops, new Neuron(Neuron.Kind.LIF, 2, 1, -0.25f, false, true, surrogate, 1.5f));
      check(ops, new Neuron(Neuron.Kind.IF, 2, 1, 0.25f, false, false, surrogate, 1));
    }
  }

  private static void check(Ops ops, Neuron neuron) {
    check(ops, neuron, DType.F32);
  }

  private static void check(Ops ops, Neuron neuron, DType type) {
    int steps = Arrays.stream(STRETCHES).sum();
    int n = ROWS * CHANNELS;
    Draw draw = new Draw(neuron.hashCode());
    double[] inputs = sixteenths(draw, steps * n);
    double[] start = new double[n];
    Arrays.fill(start, neuron.vStart());
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, inputs, steps, ROWS, CHANNELS);
      Twin out = twins.poisoned(type, steps, ROWS, CHANNELS);
      Twin gradOut = twins.of(type, draw.normal(steps * n), steps, ROWS, CHANNELS);
      Twin gradX = twins.poisoned(type, steps, ROWS, CHANNELS);
      Twin gradV = twins.of(DType.F32, new double[n], ROWS, CHANNELS);
      Twin v = twins.poisoned(DType.F32, STRETCHES.length + 1, ROWS, CHANNELS);
      Twin whole = twins.poisoned(type, steps, ROWS, CHANNELS);
      Twin wholeGradX = twins.poisoned(type, steps, ROWS, CHANNELS);
      twins.run(
          s -> {
            Twins.set(s.ops(), s.at(v).slice(0, ROWS, CHANNELS), start);
            int first = 0;
            for (int k = 0; k < STRETCHES.length; k++) {
              int[] shape = {STRETCHES[k], ROWS, CHANNELS};
              s.ops()
                  .neuronStretch(
                      neuron,
                      s.at(x).slice((long) first * n, shape),
                      potential(s.at(v), k),
                      s.at(out).slice((long) first * n, shape),
                      potential(s.at(v), k + 1));
              first += STRETCHES[k];
            }
            for (int k = STRETCHES.length - 1; k >= 0; k--) {
              first -= STRETCHES[k];
              int[] shape = {STRETCHES[k], ROWS, CHANNELS};
              s.ops()
                  .neuronStretchBackward(
                      neuron,
                      s.at(x).slice((long) first * n, shape),
                      potential(s.at(v), k),
                      s.at(gradOut).slice((long) first * n, shape),
                      s.at(gradV),
                      s.at(gradX).slice((long) first * n, shape));
            }
            s.ops().neuron(neuron, Neuron.Residual.NONE, s.at(x), null, null, null, s.at(whole));
            s.ops()
                .neuronBackward(
                    neuron,
                    Neuron.Residual.NONE,
                    s.at(x),
                    null,
                    null,
                    null,
                    s.at(gradOut),
                    new Ops.NeuronGradients(s.at(wholeGradX), null, null, null, null));
          });
      twins.assertClose(neuron + ": out", out);
      twins.assertClose(neuron + ": v", v);
      twins.assertClose(neuron + ": grad x", gradX);
      twins.assertClose(neuron + ": grad v", gradV);
      assertArrayEquals(twins.values(whole), twins.values(out), neuron + ": whole");
      if (type == DType.F32) {
        assertArrayEquals(twins.values(wholeGradX), twins.values(gradX), 1e-5, neuron + ": whole");
      }
    }
  }

  /** No number of elements that lanes divide, and potentials that are not those of a start. */
  @EachDevice
  void oneStretchFromAnywhere(Ops ops) {
    Draw draw = new Draw(5);
    int steps = 5;
    int n = 21;
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(DType.F32, sixteenths(draw, steps * n), steps, 3, 7);
      Twin before = twins.of(DType.F32, sixteenths(draw, n), 3, 7);
      Twin after = twins.poisoned(DType.F32, 3, 7);
      Twin out = twins.poisoned(DType.F32, steps, 3, 7);
      Twin gradOut = twins.of(DType.F32, draw.normal(steps * n), steps, 3, 7);
      Twin gradV = twins.of(DType.F32, draw.normal(n), 3, 7);
      Twin gradX = twins.poisoned(DType.F32, steps, 3, 7);
      twins.run(
          s -> {
            s.ops().neuronStretch(Neuron.LIF, s.at(x), s.at(before), s.at(out), s.at(after));
            s.ops()
                .neuronStretchBackward(
                    Neuron.LIF, s.at(x), s.at(before), s.at(gradOut), s.at(gradV), s.at(gradX));
          });
      twins.assertClose("out", out);
      twins.assertClose("after", after);
      twins.assertClose("grad x", gradX);
      twins.assertClose("grad v", gradV);
    }
  }

  /** Multiples of 1/16: with tau = 2 potentials are exact in float32, and so are comparisons. */
  private static double[] sixteenths(Draw draw, int n) {
    return Arrays.stream(draw.integers(n, -8, 28)).map(i -> i / 16).toArray();
  }

  /** The potential before stretch k. */
  private static Tensor potential(Tensor all, int k) {
    return all.slice((long) k * ROWS * CHANNELS, ROWS, CHANNELS);
  }
}
