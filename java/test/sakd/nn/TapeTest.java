package sakd.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.Twins;

/** What a backward pass tells of gradients on its way. */
class TapeTest {
  private static final int CHANNELS = 3;

  /**
   * Of a layer that is used twice the gradient is whole after the first use, the last to go back
   * to.
   */
  @Test
  void gradientsAreToldWhenTheyAreWhole() {
    Parameters p = new Parameters(0);
    Conv2d twice = Conv2d.withBias(p, "twice", CHANNELS, CHANNELS, 3, 1);
    Conv2d once = new Conv2d(p, "once", CHANNELS, CHANNELS, 1, 1);
    NormNeuron neuron =
        new NormNeuron(
            p,
            "neuron",
            new BatchNorm2d(p, "norm", CHANNELS),
            new Neuron(Neuron.Kind.PLIF, 2, 1, 0, false, false, Neuron.Surrogate.ATAN, 2),
            Neuron.Residual.NONE,
            2);
    Linear linear = new Linear(p, "fc", CHANNELS, 2);
    try (Ops ops = Devices.reference();
        p;
        Tensor x = ops.allocate(DType.F32, 1, 2, 4, 4, CHANNELS);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      p.allocate(ops);
      Twins.set(ops, x, new Draw(1).normal((int) x.size()));
      Var a = twice.forward(tape, once.forward(tape, twice.forward(tape, tape.input(x))));
      Var y = linear.forward(tape, Pooling.average(tape, neuron.forward(tape, a)));
      Tensor g = tape.gradientOf(y);
      Twins.set(ops, g, new Draw(2).normal((int) g.size()));
      tape.pass(y, g);
      List<String> told = new ArrayList<>();
      List<float[]> then = new ArrayList<>();
      tape.backward(
          parameter -> {
            told.add(parameter.name());
            then.add(parameter.read(parameter.gradient()));
          });
      assertEquals(
          List.of(
              "fc.weight",
              "fc.bias",
              "norm.weight",
              "norm.bias",
              "neuron.w",
              "once.weight",
              "twice.weight",
              "twice.bias"),
          told);
      for (int i = 0; i < told.size(); i++) {
        Parameter parameter = p.get(told.get(i));
        assertArrayEquals(parameter.read(parameter.gradient()), then.get(i), told.get(i));
      }
    }
  }
}
