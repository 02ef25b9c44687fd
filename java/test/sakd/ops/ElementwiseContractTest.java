package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Fill, add, multiply, convert, bias and memory, on every device. */
class ElementwiseContractTest {
  private static final int[] SIZES = {1, 3, 37, 64, 1000, 40_001};
  private static final int[] CHANNELS = {1, 3, 7, 16, 20, 64};

  @EachDevice
  void fill(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int n : SIZES) {
        try (Twins twins = new Twins(ops)) {
          Twin x = twins.poisoned(type, n);
          twins.run(s -> s.ops().fill(s.at(x), 0.1f));
          twins.assertExact("fill", x);
        }
      }
    }
  }

  @EachDevice
  void add(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int n : SIZES) {
        try (Twins twins = new Twins(ops)) {
          Draw draw = new Draw(n);
          Twin a = twins.of(type, draw.normal(n), n);
          Twin b = twins.of(type, draw.normal(n), n);
          twins.run(s -> s.ops().add(s.at(a), s.at(b)));
          twins.assertClose("add", a);
        }
      }
    }
  }

  @EachDevice
  void multiply(Ops ops) {
    for (int n : SIZES) {
      try (Twins twins = new Twins(ops)) {
        Draw draw = new Draw(n);
        Twin a = twins.of(DType.F32, draw.normal(n), n);
        Twin b = twins.of(DType.F32, draw.normal(n), n);
        Twin out = twins.poisoned(DType.F32, n);
        twins.run(s -> s.ops().multiply(s.at(a), s.at(b), s.at(out)));
        twins.assertClose("multiply", out);
      }
    }
  }

  @EachDevice
  void convertRoundsToNearestEven(Ops ops) {
    double[] special = {
      0,
      -0.0,
      1,
      -1,
      Double.NaN,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      // Halfway between neighbours of F16 and of BF16, to an even and from an odd one.
      1 + 0x1p-11,
      1 + 3 * 0x1p-11,
      1 + 0x1p-8,
      1 + 3 * 0x1p-8,
      // Ends of F16: largest, first that overflows, smallest normal and subnormal numbers.
      65504,
      65519,
      65520,
      0x1p-14,
      0x1p-24,
      3 * 0x1p-25,
      1e-30,
      1e30
    };
    for (DType type : Twins.storage(ops)) {
      for (int n : SIZES) {
        try (Twins twins = new Twins(ops)) {
          double[] values = new Draw(n).normal(n, 0, 100);
          System.arraycopy(special, 0, values, 0, Math.min(n, special.length));
          Twin from = twins.of(DType.F32, values, n);
          Twin stored = twins.poisoned(type, n);
          Twin back = twins.poisoned(DType.F32, n);
          Twin copy = twins.poisoned(type, n);
          twins.run(
              s -> {
                s.ops().convert(s.at(from), s.at(stored));
                s.ops().convert(s.at(stored), s.at(back));
                s.ops().convert(s.at(stored), s.at(copy));
              });
          twins.assertExact("to " + type, stored);
          twins.assertExact("from " + type, back);
          twins.assertExact("copy of " + type, copy);
        }
      }
    }
  }

  @EachDevice
  void addBias(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : CHANNELS) {
        try (Twins twins = new Twins(ops)) {
          Draw draw = new Draw(channels);
          Twin x = twins.of(type, draw.normal(35 * channels), 5, 7, channels);
          Twin bias = twins.of(DType.F32, draw.normal(channels), channels);
          twins.run(s -> s.ops().addBias(s.at(x), s.at(bias)));
          twins.assertClose("addBias", x);
        }
      }
    }
  }

  @EachDevice
  void sumRows(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : CHANNELS) {
        for (int rows : new int[] {1, 35, 2049}) {
          try (Twins twins = new Twins(ops)) {
            double[] values = new Draw(rows).normal(rows * channels);
            Twin x = twins.of(type, values, rows, channels);
            Twin out = twins.poisoned(DType.F32, channels);
            twins.run(s -> s.ops().sumRows(s.at(x), s.at(out)));
            twins.assertClose("sumRows", out, Math.sqrt(rows));
          }
        }
      }
    }
  }

  @EachDevice
  void memoryReportFollowsTensors(Ops ops) {
    ops.resetPeak();
    long before = ops.memoryReport().current();
    assertEquals(before, ops.memoryReport().peak());
    Tensor a = ops.allocate(DType.F32, 1000, 3);
    Tensor b = ops.allocate(DType.U8, 5000);
    long with = ops.memoryReport().current();
    assertTrue(with >= before + 4 * 3000 + 5000, "bytes of two tensors");
    a.close();
    b.close();
    b.close();
    assertEquals(before, ops.memoryReport().current());
    assertEquals(with, ops.memoryReport().peak());
    ops.resetPeak();
    assertEquals(before, ops.memoryReport().peak());
  }
}
