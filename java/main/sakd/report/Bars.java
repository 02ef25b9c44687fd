package sakd.report;

import java.util.List;
import java.util.stream.DoubleStream;

/** Values of named rows as bars from 0, one for each network. */
final class Bars {
  /** Letters of the name of a row. */
  private static final int NAME = 22;

  private static final double GAP = 7;

  private Bars() {}

  /**
   * A chart.
   *
   * @param label what the values are
   * @param series with a value for each row
   */
  static String draw(String title, String label, List<String> rows, List<Series> series) {
    double thick = series.size() > 2 ? 7 : 9;
    double pitch = thick * series.size() + GAP;
    String common = commonStart(rows);
    List<String> names =
        rows.stream().map(row -> Plot.cut(row.substring(common.length()), NAME)).toList();
    double left = 10 + Plot.LETTER * names.stream().mapToInt(String::length).max().orElse(0);
    double top = 6;
    double bottom = top + pitch * rows.size();
    double most =
        series.stream()
            .flatMapToDouble(s -> DoubleStream.of(s.y()))
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    Axis x = Axis.over(label, Axis.Scale.LINEAR, 0, Math.max(most, 1e-9), left, Plot.RIGHT - 6);
    Svg svg = new Svg(title, Plot.WIDTH, bottom + 36, Svg.Snap.ROW).below(x, top, bottom);
    for (int r = 0; r < rows.size(); r++) {
      svg.text("tick end", left - 6, top + (r + 0.5) * pitch + 4, names.get(r));
    }
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      svg.begin(s.look(), "bars");
      for (int r = 0; r < rows.size(); r++) {
        if (Double.isFinite(s.y()[r])) {
          String hint = Plot.hint(s.look().name(), rows.get(r), x.value(s.y()[r]));
          double y = top + r * pitch + GAP / 2 + i * thick;
          svg.rectangle("bar", left, y, x.pixel(s.y()[r]) - left, thick - 1.5, hint);
        }
      }
      svg.end();
    }
    return svg.line("axis", left, top, left, bottom).close();
  }

  /** What all names begin with, up to a dot. */
  private static String commonStart(List<String> names) {
    String common = names.get(0);
    for (String name : names) {
      while (!name.startsWith(common)) {
        common = common.substring(0, common.length() - 1);
      }
    }
    return common.substring(0, common.lastIndexOf('.') + 1);
  }
}
