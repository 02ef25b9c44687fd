package sakd.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A linear axis from values to pixels, with ticks at round numbers.
 *
 * @param label what the values are, with their unit
 * @param low value at {@code from}
 * @param high value at {@code to}
 * @param from pixel
 * @param to pixel
 * @param whole whether only whole numbers have a meaning, as of epochs
 */
record Axis(String label, double low, double high, double from, double to, boolean whole) {
  private static final int TICKS = 6;

  /** An axis over some values, widened where they are all the same. */
  static Axis over(String label, double low, double high, double from, double to) {
    boolean wide = high > low;
    return new Axis(label, wide ? low : low - 0.5, wide ? high : low + 0.5, from, to, false);
  }

  /** The same with ticks at whole numbers only. */
  Axis ofWholeNumbers() {
    return new Axis(label, low, high, from, to, true);
  }

  double pixel(double value) {
    return from + (value - low) / (high - low) * (to - from);
  }

  /** Multiples of 1, 2 or 5 times a power of ten. */
  List<Double> ticks() {
    double step = step();
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private double step() {
    double raw = (high - low) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double lead = raw / power;
    double step = power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    return whole ? Math.max(1, step) : step;
  }

  /** A tick's value with as many decimals as the ticks differ in. */
  String format(double tick) {
    int decimals = Math.max(0, (int) -Math.floor(Math.log10(step()) + 1e-9));
    return String.format(Locale.ROOT, "%." + decimals + "f", tick + 0.0);
  }
}
