package sakd.report;

/**
 * How a network is drawn in every chart. Colour, dashes and marker change together, so that curves
 * are told apart without colours, and one that lies on another shows it through its gaps.
 *
 * @param number from 0, of the networks on the page
 * @param name of the network
 * @param key what stands at the end of its curve
 * @param lettered whether that is a letter, since names are long, which legends have to tell then
 */
record Look(int number, String name, String key, boolean lettered) {
  private static final int COLOURS = 8;
  private static final int DASHES = 5;

  /** Classes of the style sheet. */
  String style() {
    return "s" + number % COLOURS + " d" + number % DASHES;
  }

  /** Which of {@link Svg#marker}'s shapes. */
  int marker() {
    return number % COLOURS;
  }

  /** The name, behind its letter in a box if it has one, as HTML. */
  String html() {
    return lettered ? brief() + " <span>" + Html.escape(name) + "</span>" : Html.escape(name);
  }

  /** What is as short as can be: the letter in a box, or else the name, as HTML. */
  String brief() {
    return lettered ? "<b class=\"key\">" + key + "</b>" : Html.escape(name);
  }
}
