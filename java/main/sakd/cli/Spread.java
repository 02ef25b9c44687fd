package sakd.cli;

import java.util.Arrays;
import java.util.Locale;

/**
 * Mean and standard deviation of a sample.
 *
 * @param deviation sqrt(sum (x - mean)^2 / (n - 1)); NaN for a single value
 */
record Spread(double mean, double deviation) {
  /**
   * Of some values.
   *
   * @param values one or more
   */
  static Spread of(double... values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum();
    return new Spread(
        mean, values.length == 1 ? Double.NaN : Math.sqrt(squares / (values.length - 1)));
  }

  /** With two digits: {@code 94.21 ± 0.13}. */
  @Override
  public String toString() {
    return Double.isNaN(deviation)
        ? String.format(Locale.ROOT, "%.2f", mean)
        : String.format(Locale.ROOT, "%.2f ± %.2f", mean, deviation);
  }
}
