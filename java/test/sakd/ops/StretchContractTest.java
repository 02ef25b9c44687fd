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
  private static final int STRETCHES = 3;
  private static final int STEPS = 3;

  @EachDevice
  void stretchesMakeAWhole(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      check(ops, Neuron.LIF, type);
    }
    check(
        ops,
        new Neuron(Neuron.Kind.LIF, 2, 1, Float.NaN, true, false, Neuron.Surrogate.ATAN, 1.5f),
        DType.F32);
    check(
        ops,
        new Neuron(Neuron.Kind.IF, 2, 1, 0.25f, false, true, Neuron.Surrogate.SIGMOID, 1),
        DType.F32);
  }

  private static void check(Ops ops, Neuron neuron, DType type) {
    int[] shape = {STRETCHES * STEPS, ROWS, CHANNELS};
    int n = ROWS * CHANNELS;
    int size = STRETCHES * STEPS * n;
    Draw draw = new Draw(1);
    double[] start = new double[n];
    Arrays.fill(start, neuron.vStart());
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, sixteenths(draw, size), shape);
      Twin out = twins.poisoned(type, shape);
      Twin gradOut = twins.of(type, draw.normal(size), shape);
      Twin gradX = twins.poisoned(type, shape);
      Twin gradV = twins.of(DType.F32, new double[n], ROWS, CHANNELS);
      Twin v = twins.poisoned(DType.F32, STRETCHES + 1, ROWS, CHANNELS);
      Twin whole = twins.poisoned(type, shape);
      Twin wholeGradX = twins.poisoned(type, shape);
      twins.run(
          s -> {
            Twins.set(s.ops(), potential(s.at(v), 0), start);
            for (int k = 0; k < STRETCHES; k++) {
              s.ops()
                  .neuronStretch(
                      neuron,
                      stretch(s.at(x), k),
                      potential(s.at(v), k),
                      stretch(s.at(out), k),
                      potential(s.at(v), k + 1));
            }
            for (int k = STRETCHES - 1; k >= 0; k--) {
              s.ops()
                  .neuronStretchBackward(
                      neuron,
                      stretch(s.at(x), k),
                      potential(s.at(v), k),
                      stretch(s.at(gradOut), k),
                      s.at(gradV),
                      stretch(s.at(gradX), k));
            }
            if (s.isReference()) {
              Neuron.Residual none = Neuron.Residual.NONE;
              var gradients = new Ops.NeuronGradients(s.at(wholeGradX), null, null, null, null);
              s.ops().neuron(neuron, none, s.at(x), null, null, null, s.at(whole));
              s.ops()
                  .neuronBackward(
                      neuron, none, s.at(x), null, null, null, s.at(gradOut), gradients);
            }
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

  /** A number of elements that no lanes divide, and potentials unlike those at the start. */
  @EachDevice
  void oneStretchFromAnywhere(Ops ops) {
    Draw draw = new Draw(5);
    int n = 21;
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(DType.F32, sixteenths(draw, STEPS * n), STEPS, 3, 7);
      Twin before = twins.of(DType.F32, sixteenths(draw, n), 3, 7);
      Twin after = twins.poisoned(DType.F32, 3, 7);
      Twin out = twins.poisoned(DType.F32, STEPS, 3, 7);
      Twin gradOut = twins.of(DType.F32, draw.normal(STEPS * n), STEPS, 3, 7);
      Twin gradV = twins.of(DType.F32, draw.normal(n), 3, 7);
      Twin gradX = twins.poisoned(DType.F32, STEPS, 3, 7);
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

  private static Tensor stretch(Tensor all, int k) {
    return all.slice((long) k * STEPS * ROWS * CHANNELS, STEPS, ROWS, CHANNELS);
  }

  /** The potential before stretch k. */
  private static Tensor potential(Tensor all, int k) {
    return all.slice((long) k * ROWS * CHANNELS, ROWS, CHANNELS);
  }
}
