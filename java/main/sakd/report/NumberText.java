package sakd.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people write them; units never go to another line. */
final class NumberText {
  /** A space at which no line is broken. */
  static final String SPACE = "\u00a0";

  private static final MathContext FOUR = new MathContext(4);
  private static final double LEAST_PLAIN = 1e-4;
  private static final double LARGE = 1e7;

  private NumberText() {}

  /** A share as a percentage with two decimals; empty if there is none. */
  static String percent(double share) {
    return fixed("%.2f" + SPACE + "%%", 100 * share);
  }

  /** A number in a format; empty if it is none. */
  static String fixed(String format, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "";
  }

  /** Four significant digits without the zeros behind them. */
  static String significant(double value) {
    if (value == 0) {
      return "0";
    }
    BigDecimal rounded = new BigDecimal(value).round(FOUR).stripTrailingZeros();
    double size = Math.abs(value);
    return size >= LEAST_PLAIN && size < LARGE
        ? rounded.toPlainString()
        : String.format(Locale.ROOT, "%.3e", value).replaceFirst("\\.?0*e", "e");
  }
}
