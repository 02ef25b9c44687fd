package sakd.ops;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Batch norm's statistics, on every device. */
class NormContractTest {
  private static final int[] CHANNELS = {1, 3, 7, 16, 20, 64};

  private record Norm(Twin gamma, Twin beta, Twin mean, Twin var) {
    static Norm of(Twins twins, Draw draw, int channels) {
      return new Norm(
          twins.of(DType.F32, draw.normal(channels), channels),
          twins.of(DType.F32, draw.normal(channels), channels),
          twins.of(DType.F32, draw.normal(channels), channels),
          twins.of(DType.F32, draw.uniform(channels, 0.1, 4), channels));
    }

    Ops.BatchNorm at(Twins.Side s) {
      return new Ops.BatchNorm(s.at(gamma), s.at(beta), s.at(mean), s.at(var), 1e-5f, 0.1f);
    }
  }

  @EachDevice
  void batchStatistics(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : CHANNELS) {
        checkStatistics(ops, type, channels, 1, 1, 0, 1);
        checkStatistics(ops, type, channels, 35, 4, 0, 1);
        checkStatistics(ops, type, channels, 4001, 1, 0.5, 2);
      }
    }
  }

  /** A mean far from zero costs no digits of the variance. */
  @EachDevice
  void batchStatisticsAwayFromZero(Ops ops) {
    checkStatistics(ops, DType.F32, 20, 4001, 1, 1000, 1);
  }

  private static void checkStatistics(
      Ops ops, DType type, int channels, int rows, int repeats, double mean, double deviation) {
    Draw draw = new Draw(channels);
    try (Twins twins = new Twins(ops)) {
      Twin x =
          twins.of(type, draw.normal(rows * channels, mean, deviation), 1, rows, 1, 1, channels);
      Norm norm = Norm.of(twins, draw, channels);
      Twin affine = twins.poisoned(DType.F32, 4, channels);
      twins.run(s -> s.ops().batchStatistics(s.at(x), norm.at(s), repeats, s.at(affine)));
      String what = type + " [" + rows + ", " + channels + "]";
      twins.assertRowsClose(what + " affine", affine, 4);
      twins.assertClose(what + " running mean", norm.mean);
      twins.assertClose(what + " running var", norm.var);
    }
  }

  @EachDevice
  void runningStatistics(Ops ops) {
    for (int channels : CHANNELS) {
      try (Twins twins = new Twins(ops)) {
        Norm norm = Norm.of(twins, new Draw(channels), channels);
        Twin affine = twins.poisoned(DType.F32, 4, channels);
        twins.run(s -> s.ops().runningStatistics(norm.at(s), s.at(affine)));
        twins.assertRowsClose("affine", affine, 4);
        twins.assertExact("running mean", norm.mean);
        twins.assertExact("running var", norm.var);
      }
    }
  }
}
