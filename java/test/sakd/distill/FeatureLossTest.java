package sakd.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.function.IntToDoubleFunction;
import sakd.device.DType;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Distance;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.EachDevice;

/** Features of a teacher that has other channels, and more stages. */
class FeatureLossTest {
  private static final int STEPS = 2;
  private static final int CHANNELS = 2;
  private static final int GOAL_CHANNELS = 3;
  private static final float WEIGHT = 5;

  private static float[] values(int count, IntToDoubleFunction at) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) at.applyAsDouble(i);
    }
    return values;
  }

  private static Tensor tensor(Ops ops, IntToDoubleFunction at, int... shape) {
    Tensor t = ops.allocate(DType.F32, shape);
    Transfers.setFloats(ops.device(), t, values((int) t.size(), at));
    return t;
  }

  /** Maps of two images, 3 high and 2 wide. */
  private static Tensor maps(Ops ops, int steps, int channels, IntToDoubleFunction at) {
    return tensor(ops, at, steps, 2, 3, 2, channels);
  }

  /**
   * Against PyTorch, in float64: with x[i] = sin(i) of the student, y[i] = cos(0.7 i) of the
   * teacher and w[i] = sin(0.3 i) the value and the gradients of {@code 5 * ((bn(conv(x.mean(0))) -
   * y) ** 2).mean()}, with conv = Conv2d(2, 3, 3, padding=1, bias=False) and bn = BatchNorm2d(3).
   */
  @EachDevice
  void channelsAreMappedToTheTeachers(Ops ops) {
    Parameters parameters = new Parameters(1);
    FeaturePairs.Pair pair = new FeaturePairs.Pair(1, 2, CHANNELS, GOAL_CHANNELS);
    FeatureLoss loss =
        new FeatureLoss("transform", List.of(pair), 3, Distance.MSE, false, parameters);
    parameters.allocate(ops);
    // The second of the student's maps gives the transform its name.
    Parameter conv = parameters.get("transform2.net.0.weight");
    conv.set(values(conv.size(), i -> Math.sin(0.3 * i)));
    float[][] seen = new float[1][];
    try (Tensor one = tensor(ops, i -> 1, 1);
        Tensor other = maps(ops, 1, 1, i -> 7);
        Tensor goal = maps(ops, 1, GOAL_CHANNELS, i -> Math.cos(0.7 * i));
        Tensor distances = ops.allocate(DType.F32, 1);
        Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
      Var ignored = tape.input(other);
      Var own =
          tape.record(
              maps(ops, STEPS, CHANNELS, Math::sin),
              true,
              gradient -> seen[0] = Transfers.floats(ops.device(), gradient));
      loss.compute(
          tape,
          List.of(ignored, own),
          List.of(ignored, ignored, tape.input(goal)),
          1,
          WEIGHT,
          one,
          distances);
      tape.backward();
      assertEquals(1.1342359984050197, Transfers.floats(ops.device(), distances)[0], 1e-5);
      float[] dw = conv.read(conv.gradient());
      assertArrayEquals(
          new float[] {1.0084666f, -0.3044253f, 0.3907054f},
          new float[] {dw[0], dw[17], dw[53]},
          1e-4f);
      assertEquals(54.21446125757477, sum(dw), 1e-2);
      assertArrayEquals(
          new float[] {-0.3057121f, 0.2894827f, -0.3071812f},
          new float[] {seen[0][0], seen[0][13], seen[0][47]},
          1e-4f);
      assertEquals(14.459382687048151, sum(seen[0]), 1e-3);
    }
    parameters.close();
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += Math.abs(v);
    }
    return sum;
  }
}
