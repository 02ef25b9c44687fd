package sakd.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * An axis from values to pixels, with ticks at round numbers.
 *
 * @param label what the values are, with their unit
 * @param low value at {@code from}
 * @param high value at {@code to}
 * @param from pixel
 * @param to pixel
 */
record Axis(String label, Scale scale, double low, double high, double from, double to) {
  /** How values become places and texts. */
  enum Scale {
    LINEAR,
    /** Only whole numbers have a meaning, as of epochs. */
    WHOLE,
    /** Shares in [0, 1], as percentages. */
    PERCENT,
    /** Powers are as far apart as sums are elsewhere; all values are positive. */
    LOGARITHMIC
  }

  /** How many times the least value the greatest is from which on sums hide the small ones. */
  private static final double WIDE = 30;

  private static final int TICKS = 6;

  /** An axis over some values, widened where they are all the same. */
  static Axis over(String label, Scale scale, double low, double high, double from, double to) {
    if (high > low) {
      return new Axis(label, scale, low, high, from, to);
    }
    double half = scale == Scale.WHOLE || low == 0 ? 0.5 : Math.abs(low) / 2;
    return new Axis(label, scale, low - half, low + half, from, to);
  }

  /** An axis over some values with a margin, logarithmic where small ones could not be seen. */
  static Axis around(String label, Scale scale, double low, double high, double from, double to) {
    if (scale == Scale.LINEAR && low > 0 && high > WIDE * low) {
      double factor = Math.pow(high / low, 0.06);
      return new Axis(label, Scale.LOGARITHMIC, low / factor, high * factor, from, to);
    }
    Axis tight = over(label, scale, low, high, from, to);
    double margin = 0.06 * (tight.high - tight.low);
    return new Axis(label, scale, tight.low - margin, tight.high + margin, from, to);
  }

  double pixel(double value) {
    double share =
        scale == Scale.LOGARITHMIC
            ? Math.log(value / low) / Math.log(high / low)
            : (value - low) / (high - low);
    return from + share * (to - from);
  }

  /** Multiples of 1, 2 or 5 times a power of ten; on a logarithmic axis such numbers themselves. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (scale == Scale.LOGARITHMIC) {
      boolean few = high > 500 * low;
      for (int power = (int) Math.floor(Math.log10(low)); Math.pow(10, power) <= high; power++) {
        for (int lead : few ? new int[] {1} : new int[] {1, 2, 5}) {
          double tick = lead * Math.pow(10, power);
          if (tick >= low && tick <= high) {
            ticks.add(tick);
          }
        }
      }
      return ticks;
    }
    double step = step();
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
    return scale == Scale.WHOLE ? Math.max(1, step) : step;
  }

  /** A tick's value with as many decimals as the ticks differ in. */
  String format(double tick) {
    if (scale == Scale.LOGARITHMIC) {
      return NumberText.significant(tick);
    }
    double factor = scale == Scale.PERCENT ? 100 : 1;
    int decimals = Math.max(0, (int) -Math.floor(Math.log10(factor * step()) + 1e-9));
    return String.format(Locale.ROOT, "%." + decimals + "f", factor * tick + 0.0);
  }

  /** A value as it is told beside a point. */
  String value(double value) {
    return scale == Scale.PERCENT ? NumberText.percent(value) : NumberText.significant(value);
  }

  /** Letters of the longest tick. */
  int longest() {
    return ticks().stream().mapToInt(t -> format(t).length()).max().orElse(0);
  }
}
