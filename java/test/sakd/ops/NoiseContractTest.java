package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Noise on logits, on every device. */
class NoiseContractTest {
  @EachDevice
  void theNumbersOfTheReference(Ops ops) {
    for (int classes : new int[] {1, 2, 10, 1000}) {
      for (int steps : new int[] {1, 4}) {
        int n = steps * 3 * classes;
        Draw draw = new Draw(classes);
        try (Twins twins = new Twins(ops)) {
          Twin z = twins.of(DType.F32, draw.normal(n, 3, 5), steps, 3, classes);
          Twin numbers = twins.of(DType.I32, new double[] {-2_000_000_001, 77}, 2);
          Twin places = twins.of(DType.I32, new double[] {7, 0, 1_000_000}, 3);
          Twin out = twins.poisoned(DType.F32, steps, 3, classes);
          twins.run(
              s -> s.ops().logitNoise(s.at(z), 0.5f, s.at(numbers), s.at(places), 3, s.at(out)));
          twins.assertClose(steps + " steps of " + classes + " classes", out);
        }
      }
    }
  }

  /** From 24 bits of the hash in Python's integers, by Box and Muller. */
  @Test
  void valuesOfPython() {
    double[] z = IntStream.range(0, 12).mapToDouble(i -> Math.sin(1.3 * i + 0.2)).toArray();
    double[] expected = {
      -0.004200823868116849, 1.0627469458086862, 0.35634703242164034,
      -1.1372685673262106, -0.49652379709227806, 0.657898733589676,
      1.28932645562944, -0.15379174584671068, -0.25606209388246226,
      -0.23582115747725557, 1.2733516279891544, 1.0259376782044396
    };
    assertArrayEquals(expected, noisy(Devices.reference(), z, 2, 0.5f, 11, -7, 9, 5, 1), 1e-6);
  }

  /** The mean stays, and the deviation of what is added is the share of the logits' own. */
  @EachDevice
  void asWideAsTheLogitsThemselves(Ops ops) {
    double[] z = new Draw(1).normal(100_000, 2, 7);
    double[] out = noisy(ops, z, 1, 0.1f, 1, 2, 0, 0);
    double[] e = IntStream.range(0, z.length).mapToDouble(i -> (out[i] - z[i]) / 0.7).toArray();
    double mean = Arrays.stream(e).average().orElseThrow();
    double squares = Arrays.stream(e).map(v -> v * v).average().orElseThrow();
    double fourth = Arrays.stream(e).map(v -> v * v * v * v).average().orElseThrow();
    // Five standard deviations of moments of 100,000 normal numbers; the logits' own is known to 1
    // %.
    assertEquals(0, mean, 5 / Math.sqrt(100_000));
    assertEquals(1, squares, 5 * Math.sqrt(2.0 / 100_000) + 0.02);
    assertEquals(3, fourth, 5 * Math.sqrt(96.0 / 100_000) + 0.12);
    double neighbours = 0;
    for (int i = 1; i < e.length; i++) {
      neighbours += e[i] * e[i - 1] / e.length;
    }
    assertEquals(0, neighbours, 5 / Math.sqrt(100_000));
  }

  @EachDevice
  void othersForOtherDrawsKeysAndStepsAndTheSameForAPlace(Ops ops) {
    double[] row = new Draw(5).normal(50);
    double[] z = IntStream.range(0, 4 * 50).mapToDouble(i -> row[i % 50]).toArray();
    double[] whole = noisy(ops, z, 1, 1, 1, 2, 3, 0, 1, 2, 3);
    assertArrayEquals(whole, noisy(ops, z, 1, 1, 1, 2, 3, 0, 1, 2, 3));
    double[] half = Arrays.copyOf(z, 100);
    assertArrayEquals(
        Arrays.copyOfRange(whole, 100, 200),
        noisy(ops, half, 1, 1, 1, 2, 3, 2, 3),
        "a rank's part");
    double[][] all = {
      Arrays.copyOf(whole, 50),
      Arrays.copyOfRange(whole, 50, 100),
      noisy(ops, row, 1, 1, 1, 3, 3, 0),
      noisy(ops, row, 1, 1, 2, 2, 3, 0),
      noisy(ops, row, 1, 1, 1, 2, 4, 0),
      Arrays.copyOf(noisy(ops, half, 2, 1, 1, 2, 3, 9), 50),
      Arrays.copyOfRange(noisy(ops, half, 2, 1, 1, 2, 3, 9), 50, 100)
    };
    for (int i = 0; i < all.length; i++) {
      for (int j = 0; j < i; j++) {
        for (int k = 0; k < 50; k++) {
          assertTrue(all[i][k] != all[j][k], "class " + k + " of " + i + " and " + j);
        }
      }
    }
  }

  /** Of z [steps, samples, K], the samples at these places of the batch. */
  private static double[] noisy(
      Ops ops, double[] z, int steps, float strength, int a, int b, int key, int... at) {
    int classes = z.length / steps / at.length;
    try (Tensor x = ops.allocate(DType.F32, steps, at.length, classes);
        Tensor out = ops.allocate(DType.F32, steps, at.length, classes);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, at.length)) {
      Twins.set(ops, x, z);
      Twins.set(ops, draw, new double[] {a, b});
      Transfers.setInts(ops.device(), places, at);
      ops.logitNoise(x, strength, draw, places, key, out);
      return Twins.values(ops, out);
    }
  }

  @EachDevice
  void noStrengthBelowNothing(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 1, 2, 4);
        Tensor out = ops.allocate(DType.F32, 1, 2, 4);
        Tensor draw = ops.allocate(DType.I32, 2);
        Tensor places = ops.allocate(DType.I32, 2)) {
      for (float strength : new float[] {-0.1f, Float.NaN}) {
        assertThrows(
            IllegalArgumentException.class,
            () -> ops.logitNoise(x, strength, draw, places, 0, out),
            "strength " + strength);
      }
      assertThrows(
          IllegalArgumentException.class, () -> ops.logitNoise(x, 0.1f, draw, places, 0, x));
    }
  }
}
