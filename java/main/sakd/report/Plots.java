package sakd.report;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/** The kinds of plots of the report. */
final class Plots {
  private static final double WIDTH = 560;
  private static final double HEIGHT = 300;
  private static final double LEFT = 64;
  private static final double RIGHT = 12;
  private static final double TOP = 12;
  private static final double BOTTOM = 46;

  private Plots() {}

  /**
   * A curve.
   *
   * @param style of its line: s0 to s7, and dashed
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Series(String name, String style, double[] x, double[] y) {}

  /** Curves over epochs or steps. */
  static String curves(String title, String xLabel, String yLabel, List<Series> series) {
    Axis x = horizontal(xLabel, range(series, true)).ofWholeNumbers();
    double[] range = range(series, false);
    double margin = 0.05 * (range[1] - range[0]);
    Axis y = vertical(yLabel, range[0] - margin, range[1] + margin);
    Svg svg = frame(title, x, y);
    for (Series s : series) {
      double[] px = DoubleStream.of(s.x).map(x::pixel).toArray();
      double[] py = DoubleStream.of(s.y).map(y::pixel).toArray();
      svg.path("curve " + s.style, px, py);
      for (int i = 0; i < px.length; i++) {
        String hint =
            String.format(Locale.ROOT, "%s, %s %.0f: %.5g", s.name, xLabel, s.x[i], s.y[i]);
        svg.circle("dot " + s.style, px[i], py[i], 2.5, hint);
      }
    }
    return svg.close();
  }

  private static Svg frame(String title, Axis x, Axis y) {
    return new Svg(title, WIDTH, HEIGHT)
        .below(x, TOP, HEIGHT - BOTTOM)
        .left(y, LEFT, WIDTH - RIGHT);
  }

  private static Axis horizontal(String label, double[] range) {
    return Axis.over(label, range[0], range[1], LEFT, WIDTH - RIGHT);
  }

  private static Axis vertical(String label, double low, double high) {
    return Axis.over(label, low, high, HEIGHT - BOTTOM, TOP);
  }

  private static double[] range(List<Series> series, boolean ofX) {
    double[] all = series.stream().flatMapToDouble(s -> DoubleStream.of(ofX ? s.x : s.y)).toArray();
    return new double[] {
      DoubleStream.of(all).min().orElse(0), DoubleStream.of(all).max().orElse(1)
    };
  }

  /**
   * Values of named rows as bars from 0, one for each series.
   *
   * @param series by name and style; {@code x} is not read, and {@code y} has a value for each row,
   *     NaN for none
   */
  static String bars(String title, String label, List<String> rows, List<Series> series) {
    double thick = series.size() > 2 ? 7 : 10;
    double pitch = thick * series.size() + 8;
    int longest = rows.stream().mapToInt(String::length).max().orElse(0);
    double left = 14 + 6.6 * longest;
    double bottom = TOP + pitch * rows.size();
    double most = Math.max(range(series, false)[1], 1e-9);
    Axis x = Axis.over(label, 0, most, left, WIDTH - RIGHT);
    Svg svg = new Svg(title, WIDTH, bottom + BOTTOM).below(x, TOP, bottom);
    for (int r = 0; r < rows.size(); r++) {
      double top = TOP + 4 + r * pitch;
      svg.text("tick end", left - 6, top + (pitch - 8) / 2 + 4, rows.get(r));
      for (int i = 0; i < series.size(); i++) {
        Series s = series.get(i);
        if (Double.isFinite(s.y[r])) {
          String hint = String.format(Locale.ROOT, "%s, %s: %.4g", s.name, rows.get(r), s.y[r]);
          double y = top + i * thick;
          svg.rectangle("bar " + s.style, left, y, x.pixel(s.y[r]) - left, thick - 1.5, hint);
        }
      }
    }
    return svg.line("axis", left, TOP, left, bottom).close();
  }

  /** Rows are true classes and columns what they were taken for; shade is the share of the row. */
  static String confusion(String title, long[][] counts, List<String> classes) {
    int n = counts.length;
    boolean named = n <= 20;
    int longest = classes.stream().mapToInt(String::length).max().orElse(0);
    double left = named ? 30 + 6.6 * Math.min(longest, 16) : 50;
    double cell = (WIDTH - RIGHT - left) / n;
    double bottom = TOP + cell * n;
    double below = named ? 20 + 6.6 * Math.min(longest, 16) : 40;
    Svg svg = new Svg(title, WIDTH, bottom + below + 12);
    for (int row = 0; row < n; row++) {
      double total = Math.max(1, Arrays.stream(counts[row]).sum());
      for (int column = 0; column < n; column++) {
        double x = left + column * cell;
        double y = TOP + row * cell;
        double share = counts[row][column] / total;
        String hint =
            classes.get(row) + " taken for " + classes.get(column) + ": " + counts[row][column];
        svg.shade(share, x, y, cell, cell, hint);
        if (named && counts[row][column] > 0) {
          String style = share > 0.5 ? "count middle inverse" : "count middle";
          svg.text(style, x + cell / 2, y + cell / 2 + 4, Long.toString(counts[row][column]));
        }
      }
      if (named) {
        double middle = (row + 0.5) * cell;
        String name =
            classes.get(row).length() > 16
                ? classes.get(row).substring(0, 15) + "…"
                : classes.get(row);
        svg.text("tick end", left - 6, TOP + middle + 4, name)
            .upwards("tick end", left + middle + 4, bottom + 6, name);
      }
    }
    return svg.line("axis", left, TOP, left, bottom)
        .line("axis", left, bottom, left + n * cell, bottom)
        .text("label middle", left + n * cell / 2, bottom + below, "taken for")
        .upwards("label middle", 14, (TOP + bottom) / 2, "true class")
        .close();
  }

  /** Spikes of neurons (rows) at every step (columns). */
  static String raster(String title, Membranes.Layer layer) {
    boolean[][] spikes = layer.spikes();
    int steps = spikes[0].length;
    Axis x = steps(steps);
    double bottom = HEIGHT - BOTTOM;
    double row = (bottom - TOP) / spikes.length;
    double half = 0.3 * (x.pixel(1) - x.pixel(0));
    Svg svg = new Svg(title, WIDTH, HEIGHT).below(x, TOP, bottom);
    for (int n = 0; n < spikes.length; n++) {
      for (int t = 1; t <= steps; t++) {
        if (spikes[n][t - 1]) {
          String hint = "neuron " + layer.neurons()[n] + ", step " + t;
          double left = x.pixel(t) - half;
          svg.rectangle("spike", left, TOP + n * row, 2 * half, row - 1, hint);
        }
      }
    }
    int last = layer.neurons()[spikes.length - 1];
    return svg.line("axis", LEFT, TOP, LEFT, bottom)
        .text("tick end", LEFT - 6, TOP + 8, Integer.toString(layer.neurons()[0]))
        .text("tick end", LEFT - 6, bottom, Integer.toString(last))
        .upwards("label middle", 14, (TOP + bottom) / 2, "neuron")
        .close();
  }

  /** Time steps from 1, each in the middle of its share of the width. */
  private static Axis steps(int steps) {
    return horizontal("time step", new double[] {0.5, steps + 0.5}).ofWholeNumbers();
  }

  /** Potentials before the reset over time, a ring where the neuron fires. */
  static String membranes(String title, Membranes.Layer layer) {
    double low = 0;
    double high = layer.threshold();
    for (Membranes.Trace trace : layer.traces()) {
      low = Math.min(low, DoubleStream.of(trace.potentials()).min().orElse(0));
      high = Math.max(high, DoubleStream.of(trace.potentials()).max().orElse(0));
    }
    int steps = layer.spikes()[0].length;
    double margin = 0.08 * (high - low);
    Axis x = steps(steps);
    Axis y = vertical("membrane potential h", low - margin, high + margin);
    double threshold = y.pixel(layer.threshold());
    Svg svg = frame(title, x, y).line("threshold", LEFT, threshold, WIDTH - RIGHT, threshold);
    for (int i = 0; i < layer.traces().size(); i++) {
      Membranes.Trace trace = layer.traces().get(i);
      double[] px = new double[steps];
      double[] py = new double[steps];
      for (int t = 0; t < steps; t++) {
        px[t] = x.pixel(t + 1);
        py[t] = y.pixel(trace.potentials()[t]);
      }
      svg.path("curve s" + i, px, py);
      for (int t = 0; t < steps; t++) {
        boolean fires = trace.potentials()[t] >= layer.threshold();
        String hint =
            String.format(
                Locale.ROOT,
                "neuron %d, step %d: %.4f%s",
                trace.neuron(),
                t + 1,
                trace.potentials()[t],
                fires ? ", fires" : "");
        svg.circle((fires ? "fires s" : "dot s") + i, px[t], py[t], fires ? 5 : 2.5, hint);
      }
    }
    return svg.close();
  }
}
