package sakd.base;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people write them. */
public final class Numbers {
  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;
  private static final int DAY = 24 * HOUR;

  private Numbers() {}

  /** The fewest digits that tell a float from others, never with an exponent: 4, 0.0005. */
  public static String plain(float value) {
    return plain(Float.toString(value));
  }

  /** The same of a double. */
  public static String plain(double value) {
    return plain(Double.toString(value));
  }

  /** A number with at most so many significant digits, never with an exponent: 0.001704. */
  public static String rounded(double value, int digits) {
    return Double.isFinite(value)
        ? new BigDecimal(value, new MathContext(digits)).stripTrailingZeros().toPlainString()
        : plain(value);
  }

  private static String plain(String value) {
    return Character.isLetter(value.charAt(value.length() - 1)) // NaN or infinite.
        ? value
        : new BigDecimal(value).stripTrailingZeros().toPlainString();
  }

  /** So many of a thing: 1 image, 2 images. */
  public static String count(long n, String one) {
    return count(n, one, one + "s");
  }

  /** The same where the plural has another ending: 1 class, 2 classes. */
  public static String count(long n, String one, String many) {
    return n + " " + (n == 1 ? one : many);
  }

  /**
   * A time in its two largest units, tenths of seconds below a minute: 8.7 s, 3 min 22 s, 1 h 5
   * min, 2 d 4 h.
   *
   * @param seconds at least 0
   */
  public static String duration(double seconds) {
    if (seconds < MINUTE - 0.05) { // Else it would be rounded to 60.0 s.
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long s = Math.round(seconds);
    if (s < HOUR) {
      return units(s, MINUTE, "min", "s");
    }
    long minutes = Math.round(seconds / MINUTE);
    return minutes < DAY / MINUTE
        ? units(minutes, HOUR / MINUTE, "h", "min")
        : units(Math.round(seconds / HOUR), DAY / HOUR, "d", "h");
  }

  private static String units(long value, int inLarge, String large, String small) {
    long rest = value % inLarge;
    return value / inLarge + " " + large + (rest == 0 ? "" : " " + rest + " " + small);
  }

  /** A size of memory: 84 MiB, 1.50 GiB. */
  public static String bytes(long bytes) {
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.0f MiB", bytes / 0x1p20)
        : String.format(Locale.ROOT, "%.2f GiB", bytes / 0x1p30);
  }
}
