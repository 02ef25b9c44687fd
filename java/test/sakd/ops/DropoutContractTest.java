package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Dropout, on every device. */
class DropoutContractTest {
  @EachDevice
  void theMaskOfTheReference(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : new int[] {1, 3, 64}) {
        for (float p : new float[] {0, 0.1f, 0.5f, 0.999f}) {
          Draw draw = new Draw(channels);
          int[] shape = {4, 3, 5, 3, channels};
          int n = 4 * 3 * 5 * 3 * channels;
          try (Twins twins = new Twins(ops)) {
            Twin x = twins.of(type, draw.uniform(n, 0.5, 1), shape);
            Twin numbers = twins.of(DType.I32, new double[] {-2_000_000_001, 77}, 2);
            Twin places = twins.of(DType.I32, new double[] {7, 0, 1_000_000}, 3);
            Twin out = twins.poisoned(type, shape);
            twins.run(s -> s.ops().dropout(s.at(x), p, s.at(numbers), s.at(places), 3, s.at(out)));
            // No input is 0, so equal within a rounding means dropped in the same places.
            twins.assertClose("p = " + p, out);
          }
        }
      }
    }
  }

  @EachDevice
  void oneMaskForAllStepsAndOthersForOtherNumbers(Ops ops) {
    double[] first = dropped(ops, 1, 2, 0);
    assertArrayEquals(Arrays.copyOfRange(first, 0, 1000), Arrays.copyOfRange(first, 1000, 2000));
    assertArrayEquals(first, dropped(ops, 1, 2, 0));
    long kept = Arrays.stream(first).filter(value -> value != 0).count();
    // Five standard deviations of 1000 throws of 3 in 4, at two steps.
    assertTrue(Math.abs(kept - 1500) < 2 * 5 * Math.sqrt(1000 * 0.25 * 0.75), kept + " of 2000");
    for (double[] other :
        new double[][] {dropped(ops, 1, 3, 0), dropped(ops, 2, 2, 0), dropped(ops, 1, 2, 1)}) {
      int same = 0;
      for (int i = 0; i < 1000; i++) {
        same += first[i] == other[i] ? 1 : 0;
      }
      // Two masks agree in 10 of 16 places.
      assertTrue(Math.abs(same - 625) < 5 * Math.sqrt(1000 * 0.625 * 0.375), same + " of 1000");
    }
  }

  /** A part of a batch is dropped where the whole batch is. */
  @EachDevice
  void maskOfASampleGoesByItsPlace(Ops ops) {
    double[] whole = dropped(ops, 1, 2, 0);
    for (int[] places : new int[][] {{3, 4, 5}, {9}, {0, 1, 8, 9}}) {
      double[] part = dropped(ops, 1, 2, 0, places);
      for (int t = 0; t < 2; t++) {
        for (int i = 0; i < places.length; i++) {
          int from = (10 * t + places[i]) * 100;
          int at = (places.length * t + i) * 100;
          assertArrayEquals(
              Arrays.copyOfRange(whole, from, from + 100), Arrays.copyOfRange(part, at, at + 100));
        }
      }
    }
  }

  /** Of a whole batch of 10. */
  private static double[] dropped(Ops ops, int a, int b, int key) {
    return dropped(ops, a, b, key, IntStream.range(0, 10).toArray());
  }

  /** Ones [2, N, 5, 20], of which a quarter is dropped. */
  private static double[] dropped(Ops ops, int a, int b, int key, int... at) {
    try (Tensor x = ops.allocate(DType.F32, 2, at.length, 5, 20);
        Tensor out = ops.allocate(DType.F32, 2, at.length, 5, 20);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, at.length)) {
      ops.fill(x, 1);
      Twins.set(ops, draw, new double[] {a, b});
      Transfers.setInts(ops.device(), places, at);
      ops.dropout(x, 0.25f, draw, places, key, out);
      return Twins.values(ops, out);
    }
  }

  @EachDevice
  void sharesBeyondAllAreRefused(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 1, 2, 4);
        Tensor out = ops.allocate(DType.F32, 1, 2, 4);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, 2)) {
      for (float p : new float[] {-0.1f, 1, Float.NaN}) {
        assertThrows(
            IllegalArgumentException.class,
            () -> ops.dropout(x, p, draw, places, 0, out),
            "p = " + p);
      }
      assertThrows(IllegalArgumentException.class, () -> ops.dropout(x, 0.5f, draw, places, 0, x));
    }
  }
}
