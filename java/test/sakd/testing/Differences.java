package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Function;

/** Gradients against central differences, in double precision. */
public final class Differences {
  private static final double STEP = 1e-6;

  private Differences() {}

  /**
   * Fails unless {@code gradient} is that of sum_j weights_j f_j(x) by x. x is changed in place and
   * restored.
   */
  public static void check(
      String what,
      double[] x,
      double[] weights,
      Function<double[], double[]> f,
      double[] gradient) {
    assertEquals(x.length, gradient.length, what);
    for (int i = 0; i < x.length; i++) {
      double centre = x[i];
      x[i] = centre + STEP;
      double above = dot(weights, f.apply(x));
      x[i] = centre - STEP;
      double below = dot(weights, f.apply(x));
      x[i] = centre;
      double expected = (above - below) / (2 * STEP);
      assertEquals(expected, gradient[i], 1e-7 * (1 + Math.abs(expected)), what + ", element " + i);
    }
  }

  private static double dot(double[] a, double[] b) {
    assertEquals(a.length, b.length);
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
