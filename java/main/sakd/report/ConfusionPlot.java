package sakd.report;

import java.util.Arrays;
import java.util.List;

/**
 * Rows are true classes and columns what they were taken for; the shade is the share of the row.
 */
final class ConfusionPlot {
  /** Classes up to which a chart has the usual width. */
  static final int FEW = 12;

  /** Classes up to which they are named. */
  private static final int NAMED = 32;

  /** Letters of a class's name. */
  private static final int NAME = 14;

  /** The least side of a cell with its number in it. */
  private static final double ROOM = 20;

  /** The share from which on a number has the light colour. */
  private static final double DARK = 0.7;

  private ConfusionPlot() {}

  static String draw(String title, long[][] counts, List<String> classes) {
    int n = counts.length;
    boolean named = n <= NAMED;
    int longest = classes.stream().mapToInt(String::length).max().orElse(0);
    double name = named ? 10 + Plot.LETTER * Math.min(longest, NAME) : 10;
    double width = n <= FEW ? Plot.WIDTH : 2 * Plot.WIDTH;
    double left = 16 + name;
    double cell = (width - 6 - left) / n;
    double bottom = 4 + cell * n;
    Svg svg = new Svg(title, width, bottom + name + 18, Svg.Snap.MARK);
    for (int row = 0; row < n; row++) {
      long total = Arrays.stream(counts[row]).sum();
      for (int column = 0; column < n; column++) {
        double x = left + column * cell;
        double y = 4 + row * cell;
        long count = counts[row][column];
        if (!named && count == 0) {
          continue; // A thousand classes have a million pairs.
        }
        double share = count / Math.max(1.0, (double) total);
        String hint =
            Plot.hint(
                classes.get(row),
                row == column ? "recognised" : "taken for " + classes.get(column),
                count + " of " + total);
        svg.shade(share, x, y, cell, cell, hint);
        String text = Long.toString(count);
        if (cell >= ROOM && count > 0 && text.length() * Plot.LETTER < cell) {
          String style = share > DARK ? "count middle inverse" : "count middle";
          svg.text(style, x + cell / 2, y + cell / 2 + 4, text);
        }
      }
      if (named) {
        double middle = (row + 0.5) * cell;
        String cut = Plot.cut(classes.get(row), NAME);
        svg.text("tick end", left - 5, 8 + middle, cut)
            .upwards("tick end", left + middle + 4, bottom + 6, cut);
      }
    }
    return svg.line("axis", left, 4, left, bottom)
        .line("axis", left, bottom, left + n * cell, bottom)
        .text("label middle", left + n * cell / 2, bottom + name + 12, "taken for")
        .upwards("label middle", 11, (4 + bottom) / 2, "true class")
        .close();
  }
}
