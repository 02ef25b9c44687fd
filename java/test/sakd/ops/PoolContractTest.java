package sakd.ops;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Pooling over space and time, on every device. */
class PoolContractTest {
  private static final int[] CHANNELS = {1, 3, 7, 16, 20, 64};

  /** On spikes, where most of a window is equal, and on numbers with a NaN among them. */
  @EachDevice
  void maxPool(Ops ops) {
    Ops.Pool[] pools = {new Ops.Pool(3, 2, 1), new Ops.Pool(2, 2, 0), new Ops.Pool(3, 1, 1)};
    for (DType type : Twins.storage(ops)) {
      for (Ops.Pool pool : pools) {
        for (int channels : CHANNELS) {
          int n = 2 * 3 * 9 * 6 * channels;
          Draw draw = new Draw(channels);
          checkMaxPool(ops, type, pool, channels, draw.spikes(n));
          double[] values = draw.normal(n);
          values[n / 2] = Double.NaN;
          checkMaxPool(ops, type, pool, channels, values);
        }
      }
    }
  }

  private static void checkMaxPool(
      Ops ops, DType type, Ops.Pool pool, int channels, double[] values) {
    int[] xShape = {2, 3, 9, 6, channels};
    int[] yShape = {2, 3, pool.out(9), pool.out(6), channels};
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, values, xShape);
      Twin y = twins.poisoned(type, yShape);
      Twin winner = twins.poisoned(DType.U8, yShape);
      int outputs = 6 * pool.out(9) * pool.out(6) * channels;
      Twin gradY = twins.of(type, new Draw(2).normal(outputs), yShape);
      Twin gradX = twins.poisoned(type, xShape);
      twins.run(
          s -> {
            s.ops().maxPool(pool, s.at(x), s.at(y), s.at(winner));
            s.ops().maxPoolBackward(pool, s.at(gradY), s.at(winner), s.at(gradX));
          });
      twins.assertExact(pool + " y", y);
      twins.assertExact(pool + " winner", winner);
      twins.assertClose(pool + " grad x", gradX);
    }
  }

  @EachDevice
  void averagePool(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : CHANNELS) {
        Draw draw = new Draw(channels);
        int[] shape = {2, 3, 5, 7, channels};
        try (Twins twins = new Twins(ops)) {
          Twin x = twins.of(type, draw.normal(6 * 35 * channels), shape);
          Twin y = twins.poisoned(DType.F32, 2, 3, channels);
          Twin gradY = twins.of(DType.F32, draw.normal(6 * channels), 2, 3, channels);
          Twin gradX = twins.poisoned(type, shape);
          Twin sum = twins.of(type, draw.normal(6 * 35 * channels), shape);
          twins.run(
              s -> {
                s.ops().averagePool(s.at(x), s.at(y));
                s.ops().averagePoolBackward(s.at(gradY), s.at(gradX), false);
                s.ops().averagePoolBackward(s.at(gradY), s.at(sum), true);
              });
          twins.assertClose("mean", y, 1);
          twins.assertClose("grad x", gradX);
          twins.assertClose("grad x, added", sum);
        }
      }
    }
  }

  /** Windows that fill the picture, leave a rest at its edges, or are the picture. */
  @EachDevice
  void averageWindows(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int size : new int[] {1, 2, 3, 5}) {
        for (int channels : CHANNELS) {
          Draw draw = new Draw(channels);
          int[] shape = {2, 3, 9, 5, channels};
          int[] small = {2, 3, 9 / size, 5 / size, channels};
          int outputs = 6 * (9 / size) * (5 / size) * channels;
          try (Twins twins = new Twins(ops)) {
            Twin x = twins.of(type, draw.normal(6 * 45 * channels), shape);
            Twin y = twins.poisoned(type, small);
            Twin gradY = twins.of(type, draw.normal(outputs), small);
            Twin gradX = twins.poisoned(type, shape);
            twins.run(
                s -> {
                  s.ops().averageWindows(size, s.at(x), s.at(y));
                  s.ops().averageWindowsBackward(size, s.at(gradY), s.at(gradX));
                });
            twins.assertClose("means of " + size, y, 1);
            twins.assertClose("grad x of " + size, gradX);
          }
        }
      }
    }
  }

  @EachDevice
  void timeMean(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int steps : new int[] {1, 2, 4, 7, 32}) {
        for (int channels : CHANNELS) {
          Draw draw = new Draw(channels);
          int n = 3 * 5 * channels;
          try (Twins twins = new Twins(ops)) {
            Twin x = twins.of(type, draw.normal(steps * n), steps, 3, 5, channels);
            Twin y = twins.poisoned(type, 1, 3, 5, channels);
            Twin gradY = twins.of(type, draw.normal(n), 1, 3, 5, channels);
            Twin gradX = twins.poisoned(type, steps, 3, 5, channels);
            Twin sum = twins.of(type, draw.normal(steps * n), steps, 3, 5, channels);
            twins.run(
                s -> {
                  s.ops().timeMean(s.at(x), s.at(y));
                  s.ops().timeMeanBackward(s.at(gradY), s.at(gradX), false);
                  s.ops().timeMeanBackward(s.at(gradY), s.at(sum), true);
                });
            twins.assertClose("mean", y, 1);
            twins.assertClose("grad x", gradX);
            twins.assertClose("grad x, added", sum);
          }
        }
      }
    }
  }
}
