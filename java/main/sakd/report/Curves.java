package sakd.report;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Curves over epochs or time steps.
 *
 * @param threshold a value that is marked across the chart; NaN for none
 */
record Curves(String title, String xLabel, String yLabel, Axis.Scale scale, double threshold) {
  /** Points of a curve that have a marker each. */
  private static final int MARKERS = 24;

  /** Without a threshold. */
  Curves(String title, String xLabel, String yLabel, Axis.Scale scale) {
    this(title, xLabel, yLabel, scale, Double.NaN);
  }

  String draw(List<Series> series) {
    double low = values(series).min().orElse(0);
    double high = values(series).max().orElse(1);
    Axis y = Axis.around(yLabel, scale, low, high, Plot.BOTTOM, Plot.TOP);
    double left = 10 + Plot.LETTER * y.longest();
    double labels = labelled(series).mapToInt(s -> s.look().key().length()).max().orElse(0);
    double right = Plot.RIGHT - (labels == 0 ? 0 : 2 + Plot.LETTER * labels);
    Axis x = horizontal(series, left, right);
    Svg svg =
        new Svg(title, Plot.WIDTH, Plot.HEIGHT, Svg.Snap.COLUMN)
            .below(x, Plot.TOP, Plot.BOTTOM)
            .left(y, left, right);
    if (Double.isFinite(threshold)) {
      double at = y.pixel(threshold);
      svg.line("threshold", left, at, right, at);
    }
    EndLabels ends = new EndLabels(Plot.TOP, Plot.BOTTOM);
    series.forEach(s -> ends.curve(pixels(x, s.x()), pixels(y, s.y())));
    for (Series s : series) {
      svg.begin(s.look(), s.thin() ? "thin" : "main");
      curve(svg, s, x, y);
      svg.end();
    }
    // Above all curves.
    for (Series s : labelled(series).toList()) {
      int last = s.x().length - 1;
      EndLabels.Label end = ends.place(s, x.pixel(s.x()[last]), y.pixel(s.y()[last]));
      svg.begin(s.look(), "").text("name", end.x(), end.y(), s.look().key()).end();
    }
    return svg.close();
  }

  private DoubleStream values(List<Series> series) {
    DoubleStream all = series.stream().flatMapToDouble(s -> DoubleStream.of(s.y()));
    return Double.isFinite(threshold) ? DoubleStream.concat(all, DoubleStream.of(threshold)) : all;
  }

  private static Stream<Series> labelled(List<Series> series) {
    boolean none = series.stream().allMatch(Series::thin);
    return series.stream().filter(s -> none || !s.thin());
  }

  private Axis horizontal(List<Series> series, double left, double right) {
    double[] all = series.stream().flatMapToDouble(s -> DoubleStream.of(s.x())).toArray();
    double low = DoubleStream.of(all).min().orElse(0);
    double high = DoubleStream.of(all).max().orElse(1);
    double margin = 7 / (right - left) * Math.max(high - low, 1);
    return Axis.over(xLabel, Axis.Scale.WHOLE, low - margin, high + margin, left, right);
  }

  private static double[] pixels(Axis axis, double[] values) {
    return DoubleStream.of(values).map(axis::pixel).toArray();
  }

  private void curve(Svg svg, Series s, Axis x, Axis y) {
    int points = s.x().length;
    double[] px = pixels(x, s.x());
    double[] py = pixels(y, s.y());
    String name = s.look().name() + (s.thin() ? ", training" : "");
    String[] where = new String[points];
    String[] values = new String[points];
    Arrays.setAll(where, i -> xLabel + NumberText.SPACE + x.value(s.x()[i]));
    Arrays.setAll(values, i -> y.value(s.y()[i]) + (fires(s.y()[i]) ? ", fires" : ""));
    svg.curve(px, py, name, where, values);
    int every = (points + MARKERS - 1) / MARKERS;
    for (int i = (points - 1) % every; i < points; i += every) {
      String style = fires(s.y()[i]) ? "mark fires" : "mark";
      double radius = fires(s.y()[i]) ? 5 : s.thin() ? 1.2 : 2.8;
      String hint = Plot.hint(name, where[i], values[i]);
      svg.point(style, s.thin() ? 0 : s.look().marker(), px[i], py[i], radius, hint);
    }
  }

  private boolean fires(double potential) {
    return potential >= threshold;
  }
}
