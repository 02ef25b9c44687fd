package sakd.ops;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Resizing of pictures, forward and backward, on every device. */
class ResizeContractTest {
  /** Heights and widths before and after. */
  private static final int[][] SIZES = {
    {5, 7, 13, 4}, {1, 1, 9, 6}, {9, 6, 1, 1}, {4, 4, 4, 4}, {3, 5, 24, 40}, {31, 2, 8, 49}
  };

  @EachDevice
  void bothWays(Ops ops) {
    for (Resize kind : Resize.values()) {
      for (DType type : Twins.storage(ops)) {
        for (int channels : new int[] {1, 2, 21, 32}) {
          for (int[] size : SIZES) {
            check(ops, kind, type, channels, size);
          }
        }
      }
    }
  }

  private static void check(Ops ops, Resize kind, DType type, int channels, int[] size) {
    int[] small = {2, 2, size[0], size[1], channels};
    int[] large = {2, 2, size[2], size[3], channels};
    int inputs = 4 * size[0] * size[1] * channels;
    int outputs = 4 * size[2] * size[3] * channels;
    Draw draw = new Draw(channels);
    String what = kind + " of " + size[0] + " x " + size[1] + " to " + size[2] + " x " + size[3];
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, draw.normal(inputs), small);
      Twin y = twins.poisoned(type, large);
      Twin gradY = twins.of(type, draw.normal(outputs), large);
      Twin gradX = twins.poisoned(type, small);
      Twin sum = twins.of(type, draw.normal(inputs), small);
      twins.run(
          s -> {
            s.ops().resize(kind, s.at(x), s.at(y));
            s.ops().resizeBackward(kind, s.at(gradY), s.at(gradX), false);
            s.ops().resizeBackward(kind, s.at(gradY), s.at(sum), true);
          });
      twins.assertClose(what, y, 1);
      twins.assertClose(what + ", grad x", gradX, 3);
      twins.assertClose(what + ", grad x, added", sum, 3);
    }
  }
}
