package sakd.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds places for the labels at the ends of curves, where they cover neither curves nor each
 * other.
 */
final class EndLabels {
  /** Where a label's baseline may be, relative to the middle of the curve's end, best first. */
  private static final double[] OFFSETS = {4, -5, 13, -14, 22, -24, 32, -34, 42};

  private static final double HEIGHT = 10;
  private static final double GAP = 8;

  /** The length of curve that is looked at at once. */
  private static final double PIECE = 2;

  /** How much worse it is to cover a label than a piece of curve. */
  private static final double LABEL = 100;

  /** A label; y is that of its baseline. */
  record Label(Series series, double x, double y) {
    private double width() {
      return Plot.LETTER * series.look().key().length();
    }

    private boolean holds(double px, double py) {
      return px > x - 2 && px < x + width() + 2 && py > y - HEIGHT && py < y + 2;
    }

    private boolean covers(Label other) {
      return x < other.x + other.width()
          && other.x < x + width()
          && Math.abs(y - other.y) < HEIGHT + 1;
    }
  }

  private final List<double[]> pieces = new ArrayList<>();
  private final List<Label> placed = new ArrayList<>();
  private final double top;
  private final double bottom;

  /**
   * @param top pixel of the chart's area
   * @param bottom pixel of the chart's area
   */
  EndLabels(double top, double bottom) {
    this.top = top;
    this.bottom = bottom;
  }

  /** A curve that labels should not cover; all are added before the first label. */
  void curve(double[] x, double[] y) {
    for (int i = 1; i < x.length; i++) {
      double length = Math.hypot(x[i] - x[i - 1], y[i] - y[i - 1]);
      int count = 1 + (int) (length / PIECE);
      for (int k = 0; k <= count; k++) {
        double share = (double) k / count;
        pieces.add(
            new double[] {
              x[i - 1] + share * (x[i] - x[i - 1]), y[i - 1] + share * (y[i] - y[i - 1])
            });
      }
    }
  }

  /** The best place for the label of a curve that ends here. */
  Label place(Series series, double x, double y) {
    Label best = null;
    double least = Double.POSITIVE_INFINITY;
    for (double offset : OFFSETS) {
      Label label = new Label(series, x + GAP, y + offset);
      double cost = Math.abs(offset - OFFSETS[0]) / 4;
      cost += pieces.stream().filter(p -> label.holds(p[0], p[1])).count();
      cost += LABEL * placed.stream().filter(label::covers).count();
      cost += label.y < top + HEIGHT - 4 || label.y > bottom + 3 ? LABEL / 2 : 0;
      if (cost < least) {
        least = cost;
        best = label;
      }
    }
    placed.add(best);
    return best;
  }
}
