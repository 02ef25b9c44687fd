package sakd.testing;

import java.util.Arrays;
import java.util.Random;

/** Random values for tests, the same on every run. */
public final class Draw {
  private final Random random;

  public Draw(long seed) {
    this.random = new Random(seed);
  }

  /** Of the standard normal distribution. */
  public double[] normal(int n) {
    return normal(n, 0, 1);
  }

  public double[] normal(int n, double mean, double deviation) {
    double[] values = new double[n];
    Arrays.setAll(values, i -> mean + deviation * random.nextGaussian());
    return values;
  }

  /** Uniform in [from, to). */
  public double[] uniform(int n, double from, double to) {
    double[] values = new double[n];
    Arrays.setAll(values, i -> from + (to - from) * random.nextDouble());
    return values;
  }

  /** Integers in [from, to). */
  public double[] integers(int n, int from, int to) {
    double[] values = new double[n];
    Arrays.setAll(values, i -> from + random.nextInt(to - from));
    return values;
  }

  /** 0 or 1, one in three a 1: spikes. */
  public double[] spikes(int n) {
    double[] values = new double[n];
    Arrays.setAll(values, i -> random.nextInt(3) == 0 ? 1 : 0);
    return values;
  }

  /** The same numbers in float32. */
  public static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
