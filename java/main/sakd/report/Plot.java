package sakd.report;

/**
 * Sizes of a chart. On a phone it is as wide as the screen and on a desktop three stand side by
 * side, so its text has about the same size on both.
 */
final class Plot {
  static final double WIDTH = 380;
  static final double HEIGHT = 250;
  static final double TOP = 24;
  static final double BOTTOM = HEIGHT - 36;
  static final double RIGHT = WIDTH - 10;

  /** Width of a letter, about. */
  static final double LETTER = 6.4;

  private Plot() {}

  /** What a mark says: of whom, where, and what. */
  static String hint(String name, String where, String value) {
    return name + "\n" + where + "\n" + value;
  }

  /** A text of at most so many letters; what is left out of a longer one is its middle. */
  static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = most / 2;
    return text.substring(0, most - 1 - end) + "…" + text.substring(text.length() - end);
  }
}
