package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Spikes of still images, on every device. */
class EncodeContractTest {
  private static final float[] MEAN = {0.5f, 0.25f, 0.4f, 0.1f};
  private static final float[] STD = {0.25f, 0.5f, 0.2f, 0.3f};
  private static final int AREA = 256;

  /** Normalised, of pixels in 255ths. */
  private static double[] normalised(double[] levels, int channels) {
    double[] x = new double[levels.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) ((levels[i] / 255 - MEAN[i % channels]) / STD[i % channels]);
    }
    return x;
  }

  @EachDevice
  void theSpikesOfTheReference(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : new int[] {1, 3, 4}) {
        for (int steps : new int[] {1, 4, 7, 32}) {
          int n = 3 * 5 * 7 * channels;
          double[] levels = new Draw(steps).integers(n, 0, 256);
          // What an array may hold beside pictures.
          levels[0] = -40;
          levels[1] = 300;
          float[] mean = Arrays.copyOf(MEAN, channels);
          float[] std = Arrays.copyOf(STD, channels);
          try (Twins twins = new Twins(ops)) {
            Twin x = twins.of(type, normalised(levels, channels), 1, 3, 5, 7, channels);
            Twin draw = twins.of(DType.I32, new double[] {-2_000_000_001, 77}, 2);
            Twin places = twins.of(DType.I32, new double[] {7, 0, 1_000_000}, 3);
            Twin drawn = twins.poisoned(type, steps, 3, 5, 7, channels);
            Twin fixed = twins.poisoned(type, steps, 3, 5, 7, channels);
            Twin latency = twins.poisoned(type, steps, 3, 5, 7, channels);
            twins.run(
                s -> {
                  Ops o = s.ops();
                  o.encode(
                      Encoding.POISSON, s.at(x), mean, std, s.at(draw), s.at(places), s.at(drawn));
                  o.encode(Encoding.POISSON, s.at(x), mean, std, null, null, s.at(fixed));
                  o.encode(Encoding.LATENCY, s.at(x), mean, std, null, null, s.at(latency));
                });
            twins.assertExact("drawn, T = " + steps, drawn);
            twins.assertExact("fixed, T = " + steps, fixed);
            twins.assertExact("latency, T = " + steps, latency);
          }
        }
      }
    }
  }

  /** Of images [1, N, 16, 16, 1] of one level each; draw is null for the spikes of inference. */
  private static double[] spikes(
      Ops ops, DType type, Encoding code, int steps, int[] draw, int[] places, int... levels) {
    double[] pixels = new double[levels.length * AREA];
    Arrays.setAll(pixels, i -> levels[i / AREA]);
    float[] mean = {MEAN[0]};
    float[] std = {STD[0]};
    try (Tensor x = ops.allocate(type, 1, levels.length, 16, 16, 1);
        Tensor numbers = ops.allocate(DType.I32, 2);
        Tensor at = ops.allocate(DType.I32, levels.length);
        Tensor out = ops.allocate(type, steps, levels.length, 16, 16, 1)) {
      Twins.set(ops, x, normalised(pixels, 1));
      if (draw == null) {
        ops.encode(code, x, mean, std, null, null, out);
      } else {
        Transfers.setInts(ops.device(), numbers, draw);
        Transfers.setInts(ops.device(), at, places);
        ops.encode(code, x, mean, std, numbers, at, out);
      }
      return Twins.values(ops, out);
    }
  }

  private static double[] drawn(Ops ops, int[] draw, int[] places, int... levels) {
    return spikes(ops, DType.F32, Encoding.POISSON, 4, draw, places, levels);
  }

  /** Five standard deviations; black and white are certain. */
  @EachDevice
  void ratesAreThePixelsAndStepsAreIndependent(Ops ops) {
    int steps = 32;
    int[] levels = {0, 13, 64, 128, 200, 255};
    int[] places = {0, 1, 2, 3, 4, 5};
    double[] spikes =
        spikes(ops, DType.F32, Encoding.POISSON, steps, new int[] {5, 6}, places, levels);
    for (int k = 0; k < levels.length; k++) {
      double p = levels[k] / 255.0;
      double sum = 0;
      double together = 0;
      for (int t = 0; t < steps; t++) {
        for (int i = 0; i < AREA; i++) {
          double s = spikes[(t * levels.length + k) * AREA + i];
          sum += s;
          together += t == 0 ? 0 : s * spikes[((t - 1) * levels.length + k) * AREA + i];
        }
      }
      int trials = steps * AREA;
      assertEquals(p * trials, sum, 5 * Math.sqrt(trials * p * (1 - p)), "level " + levels[k]);
      int pairs = (steps - 1) * AREA;
      // Neighbouring pairs share a step, which makes the deviation larger, by less than root 3.
      double deviation = 5 * Math.sqrt(3 * pairs * p * p * (1 - p * p));
      assertEquals(p * p * pairs, together, deviation, "pairs of steps, level " + levels[k]);
    }
  }

  @EachDevice
  void drawsDifferAndAreFoundAgain(Ops ops) {
    int[] here = {4, 9};
    double[] one = drawn(ops, new int[] {1, 2}, here, 128, 128);
    assertArrayEquals(one, drawn(ops, new int[] {1, 2}, here, 128, 128));
    assertFalse(Arrays.equals(one, drawn(ops, new int[] {1, 3}, here, 128, 128)));
    double[] first = Arrays.copyOfRange(one, 0, AREA);
    double[] second = Arrays.copyOfRange(one, AREA, 2 * AREA);
    assertFalse(Arrays.equals(first, second), "samples differ");
    // A part of a batch has the spikes that it has in the whole.
    double[] part = drawn(ops, new int[] {1, 2}, new int[] {9}, 128);
    assertArrayEquals(second, Arrays.copyOf(part, AREA));
    // Where nothing is drawn, an image is the same wherever it stands.
    double[] fixed = drawn(ops, null, null, 128, 128);
    double[] alone = Arrays.copyOf(drawn(ops, null, null, 128), AREA);
    assertArrayEquals(alone, Arrays.copyOfRange(fixed, 0, AREA));
    assertArrayEquals(alone, Arrays.copyOfRange(fixed, AREA, 2 * AREA));
  }

  /** By hand, with T = 5: white first, black last, and in between 4 (1 - x) rounded. */
  @EachDevice
  void latencyIsOneSpikeTheEarlierTheBrighter(Ops ops) {
    int[] levels = {255, 224, 223, 160, 159, 128, 96, 95, 32, 31, 0};
    int[] expected = {0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4};
    for (DType type : Twins.storage(ops)) {
      double[] spikes = spikes(ops, type, Encoding.LATENCY, 5, null, null, levels);
      for (int k = 0; k < levels.length; k++) {
        for (int t = 0; t < 5; t++) {
          double s = spikes[(t * levels.length + k) * AREA + 17];
          assertEquals(t == expected[k] ? 1 : 0, s, type + ", level " + levels[k] + ", step " + t);
        }
      }
    }
  }

  @EachDevice
  void whatDoesNotFitIsRefused(Ops ops) {
    float[] one = {1};
    try (Tensor x = ops.allocate(DType.F32, 1, 2, 3, 3, 1);
        Tensor out = ops.allocate(DType.F32, 4, 2, 3, 3, 1);
        Tensor draw = ops.allocate(DType.I32, 2)) {
      for (Runnable call :
          new Runnable[] {
            () -> ops.encode(Encoding.DIRECT, x, one, one, null, null, out),
            () -> ops.encode(Encoding.POISSON, x, new float[3], one, null, null, out),
            () -> ops.encode(Encoding.POISSON, x, one, one, draw, null, out),
            () -> ops.encode(Encoding.POISSON, out, one, one, null, null, x)
          }) {
        assertThrows(IllegalArgumentException.class, call::run);
      }
    }
  }
}
