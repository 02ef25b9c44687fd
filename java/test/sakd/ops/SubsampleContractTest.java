package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** The parameter-free shortcut, on every device. */
class SubsampleContractTest {
  @EachDevice
  void subsample(Ops ops) {
    int[][] sizes = {{8, 8}, {9, 6}, {1, 5}};
    int[][] widths = {{16, 32}, {3, 3}, {4, 6}, {64, 128}};
    for (DType type : Twins.storage(ops)) {
      for (int[] size : sizes) {
        for (int[] width : widths) {
          check(ops, type, size[0], size[1], width[0], width[1]);
        }
      }
    }
  }

  private static void check(Ops ops, DType type, int h, int w, int in, int out) {
    int[] xShape = {2, 3, h, w, in};
    int[] yShape = {2, 3, (h + 1) / 2, (w + 1) / 2, out};
    Draw draw = new Draw(h + in);
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, draw.normal(6 * h * w * in), xShape);
      Twin y = twins.poisoned(type, yShape);
      Twin gradY = twins.of(type, draw.normal(6 * yShape[2] * yShape[3] * out), yShape);
      Twin gradX = twins.poisoned(type, xShape);
      Twin sum = twins.of(type, draw.normal(6 * h * w * in), xShape);
      twins.run(
          s -> {
            s.ops().subsample(s.at(x), s.at(y));
            s.ops().subsampleBackward(s.at(gradY), s.at(gradX), false);
            s.ops().subsampleBackward(s.at(gradY), s.at(sum), true);
          });
      twins.assertExact("y", y);
      twins.assertExact("grad x", gradX);
      twins.assertClose("grad x, added", sum);
    }
  }

  /** He et al. 2015, option A, written out: 3x3 pixels of 2 channels to 2x2 of 4. */
  @Test
  void theReferenceTakesEverySecondPixel() {
    try (Ops ops = Devices.reference()) {
      Tensor x = ops.allocate(DType.F32, 1, 3, 3, 2);
      Tensor y = ops.allocate(DType.F32, 1, 2, 2, 4);
      Twins.set(
          ops, x, new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18});
      ops.subsample(x, y);
      double[] expected = {0, 1, 2, 0, 0, 5, 6, 0, 0, 13, 14, 0, 0, 17, 18, 0};
      assertArrayEquals(expected, Twins.values(ops, y));
      ops.subsampleBackward(y, x, false);
      double[] back = {1, 2, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 13, 14, 0, 0, 17, 18};
      assertArrayEquals(back, Twins.values(ops, x));
    }
  }
}
