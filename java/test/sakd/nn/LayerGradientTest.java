package sakd.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.BiFunction;
import java.util.function.Function;
import sakd.device.DType;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;

/**
 * Gradients of layers that are linear in their parameters and inputs: for such a layer f and any
 * gradient g of its output, the parameter's gradient is exactly that of the sum of g f.
 */
class LayerGradientTest {
  private static final int N = 2;
  private static final int SIDE = 4;
  private static final int IN = 3;

  @EachDevice
  void convolutionWithBias(Ops ops) {
    Parameters p = new Parameters(0);
    Conv2d conv = Conv2d.withBias(p, "conv", IN, 5, 3, 1);
    p.allocate(ops);
    p.get("conv.bias").set(new float[] {1, 2, 3, 4, 5});
    check(ops, p, conv::forward, "conv.weight", "conv.bias");
  }

  @EachDevice
  void linearOverPixels(Ops ops) {
    Parameters p = new Parameters(0);
    Linear linear = Linear.overPixels(p, "fc", IN, SIDE * SIDE, 6);
    p.allocate(ops);
    check(
        ops,
        p,
        (tape, x) -> linear.forward(tape, Pooling.flatten(tape, x)),
        "fc.weight",
        "fc.bias");
  }

  /** The gradient passes the flattening and the subsampling back to the convolution before. */
  @EachDevice
  void throughFlattenAndSubsample(Ops ops) {
    Parameters p = new Parameters(0);
    Conv2d conv = new Conv2d(p, "conv", IN, 2, 3, 1);
    p.allocate(ops);
    check(
        ops,
        p,
        (tape, x) -> Pooling.flatten(tape, Pooling.subsample(tape, conv.forward(tape, x), 4)),
        "conv.weight");
  }

  @EachDevice
  void throughMeansOfWindows(Ops ops) {
    Parameters p = new Parameters(0);
    Conv2d conv = new Conv2d(p, "conv", IN, 2, 3, 1);
    p.allocate(ops);
    for (int size : new int[] {2, 3}) {
      check(ops, p, (tape, x) -> Pooling.windows(tape, conv.forward(tape, x), size), "conv.weight");
    }
  }

  /** An addition hands on its gradient, to which the other reader of the shortcut adds its own. */
  @EachDevice
  void throughShortcutsThatAreAdded(Ops ops) {
    Parameters p = new Parameters(0);
    Conv2d first = new Conv2d(p, "first", IN, 3, 3, 1);
    Conv2d second = new Conv2d(p, "second", 3, 3, 3, 1);
    Conv2d third = new Conv2d(p, "third", 3, 3, 3, 1);
    NormNeuron sum = new NormNeuron(p, "sum", null, Neuron.IDENTITY, Neuron.Residual.ADD, 1);
    p.allocate(ops);
    check(
        ops,
        p,
        (tape, x) -> {
          Var a = first.forward(tape, x);
          Var b = sum.forward(tape, second.forward(tape, a), a);
          return sum.forward(tape, third.forward(tape, b), b);
        },
        "first.weight",
        "second.weight",
        "third.weight");
  }

  /** Compares with central differences, whose error for a linear function is rounding alone. */
  private static void check(
      Ops ops, Parameters p, BiFunction<Tape, Var, Var> layer, String... parameters) {
    try (p;
        Tensor x = ops.allocate(DType.F32, 1, N, SIDE, SIDE, IN)) {
      Twins.set(ops, x, new Draw(1).normal((int) x.size()));
      check(ops, p, tape -> layer.apply(tape, tape.input(x)), parameters);
    }
  }

  private static void check(
      Ops ops, Parameters p, Function<Tape, Var> layer, String... parameters) {
    try (Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      Var y = layer.apply(tape);
      Tensor g = tape.gradientOf(y);
      Twins.set(ops, g, weights((int) g.size()));
      tape.pass(y, g);
      tape.backward();
    }
    for (String name : parameters) {
      Parameter parameter = p.get(name);
      float[] gradient = parameter.read(parameter.gradient());
      float[] value = parameter.get();
      assertEquals(value.length, gradient.length);
      for (int i = 0; i < value.length; i += 1 + value.length / 16) {
        float[] moved = value.clone();
        moved[i] = value[i] + 1;
        parameter.set(moved);
        double up = sum(ops, layer);
        moved[i] = value[i] - 1;
        parameter.set(moved);
        double expected = (up - sum(ops, layer)) / 2;
        assertTrue(
            Math.abs(expected - gradient[i]) < 1e-4 * (1 + Math.abs(expected)),
            name + "[" + i + "] is " + gradient[i] + " instead of " + expected);
      }
      parameter.set(value);
    }
  }

  private static double[] weights(int n) {
    return new Draw(2).normal(n);
  }

  private static double sum(Ops ops, Function<Tape, Var> layer) {
    try (Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      double[] y = Twins.values(ops, layer.apply(tape).value());
      double[] g = weights(y.length);
      double sum = 0;
      for (int i = 0; i < y.length; i++) {
        sum += g[i] * y[i];
      }
      return sum;
    }
  }
}
