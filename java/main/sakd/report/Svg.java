package sakd.report;

import java.util.Locale;

/**
 * A drawing as inline SVG; colours are classes, so that the page's style sets them.
 *
 * <p>A hint is what a mark says when it is pointed at, in three lines: name, where, value.
 */
final class Svg {
  /** How the page's script looks for the marks that are meant. */
  enum Snap {
    /** All that are at the nearest place of the horizontal axis. */
    COLUMN,
    /** All that are in the nearest row. */
    ROW,
    /** The nearest alone. */
    MARK
  }

  private final StringBuilder out = new StringBuilder();

  /**
   * An empty drawing.
   *
   * @param title what it shows, for those who cannot see it
   * @param width in pixels of a screen, at most
   */
  Svg(String title, double width, double height, Snap snap) {
    add(
        "<svg class=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\" aria-label=\"%s\" data-snap=\"%s\""
            + " style=\"max-width:%spx\">",
        width > Plot.WIDTH ? "chart large" : "chart",
        number(width),
        number(height),
        Html.escape(title),
        snap.name().toLowerCase(Locale.ROOT),
        number(1.25 * width));
  }

  private void add(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** At most one decimal, a tenth of a pixel. */
  private static String number(double value) {
    return Double.toString(Math.round(value * 10) / 10.0).replaceFirst("\\.0$", "");
  }

  /** What follows, up to {@link #end}, belongs to a network. */
  Svg begin(Look look, String style) {
    add("<g class=\"%s %s\" data-series=\"%d\">", look.style(), style, look.number());
    return this;
  }

  Svg end() {
    add("</g>");
    return this;
  }

  Svg line(String style, double x1, double y1, double x2, double y2) {
    add(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>",
        style, number(x1), number(y1), number(x2), number(y2));
    return this;
  }

  Svg rectangle(String style, double x, double y, double width, double height, String hint) {
    add(
        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">%s</rect>",
        style, number(x), number(y), number(width), number(height), title(hint));
    return this;
  }

  /** As {@link #rectangle}, with an opacity of the fill in [0, 1]. */
  Svg shade(double share, double x, double y, double width, double height, String hint) {
    add(
        "<rect class=\"shade\" fill-opacity=\"%.2f\" x=\"%s\" y=\"%s\" width=\"%s\""
            + " height=\"%s\">%s</rect>",
        share, number(x), number(y), number(width), number(height), title(hint));
    return this;
  }

  /**
   * A point of a curve.
   *
   * @param shape from 0 to 7: circle, square, triangle, diamond, triangle on its tip, cross,
   *     upright cross, hexagon
   */
  Svg point(String style, int shape, double x, double y, double radius, String hint) {
    out.append(marker(style, shape, x, y, radius, title(hint))).append('\n');
    return this;
  }

  /** A marker on its own; {@code content} is what is in its element. */
  static String marker(String style, int shape, double x, double y, double radius, String content) {
    return String.format(
        Locale.ROOT,
        "<path class=\"%s\" d=\"M%s,%s%s\">%s</path>",
        style,
        number(x),
        number(y),
        outline(shape, radius),
        content);
  }

  /** Relative to the middle; r is the radius of the circle that the others are as large as. */
  private static String outline(int shape, double r) {
    String path =
        switch (shape) {
          case 0 -> "m%1$s,0a%1$s,%1$s 0 1 1 -%2$s,0a%1$s,%1$s 0 1 1 %2$s,0z";
          case 1 -> "m-%1$s,-%1$sh%2$sv%2$sh-%2$sz";
          case 2 -> "m0,-%3$sl%3$s,%2$sh-%4$sz";
          case 3 -> "m0,-%3$sl%3$s,%3$sl-%3$s,%3$sl-%3$s,-%3$sz";
          case 4 -> "m0,%3$sl%3$s,-%2$sh-%4$sz";
          case 5 -> "m-%1$s,-%1$sl%2$s,%2$sm0,-%2$sl-%2$s,%2$s";
          case 6 -> "m0,-%3$sv%4$sm-%3$s,-%3$sh%4$s";
          default -> "m-%3$s,0l%1$s,-%1$sh%1$sl%1$s,%1$sl-%1$s,%1$sh-%1$sz";
        };
    return String.format(
        Locale.ROOT, path, number(r), number(2 * r), number(1.3 * r), number(2.6 * r));
  }

  private static String title(String hint) {
    return hint.isEmpty() ? "" : "<title>" + Html.escape(hint) + "</title>";
  }

  /** A line through points; the script reads the points' hints from it. */
  Svg curve(double[] x, double[] y, String name, String[] where, String[] values) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
    }
    add(
        "<polyline class=\"curve\" points=\"%s\" data-name=\"%s\" data-where=\"%s\""
            + " data-values=\"%s\"/>",
        points,
        Html.escape(name),
        Html.escape(String.join("|", where)),
        Html.escape(String.join("|", values)));
    return this;
  }

  /** Text; the style says start, middle or end. */
  Svg text(String style, double x, double y, String text) {
    add(
        "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>",
        style, number(x), number(y), Html.escape(text));
    return this;
  }

  /** Text that runs upwards. */
  Svg upwards(String style, double x, double y, String text) {
    add(
        "<text class=\"%s\" transform=\"translate(%s %s) rotate(-90)\">%s</text>",
        style, number(x), number(y), Html.escape(text));
    return this;
  }

  /** Grid lines, ticks and label of a horizontal axis below an area. */
  Svg below(Axis axis, double top, double bottom) {
    for (double tick : axis.ticks()) {
      double x = axis.pixel(tick);
      line("grid", x, top, x, bottom).text("tick middle", x, bottom + 15, axis.format(tick));
    }
    return line("axis", axis.from(), bottom, axis.to(), bottom)
        .text("label middle", (axis.from() + axis.to()) / 2, bottom + 30, axis.label());
  }

  /** Grid lines and ticks of a vertical axis left of an area, its label above it. */
  Svg left(Axis axis, double left, double right) {
    for (double tick : axis.ticks()) {
      double y = axis.pixel(tick);
      line("grid", left, y, right, y).text("tick end", left - 6, y + 4, axis.format(tick));
    }
    String unit = axis.scale() == Axis.Scale.PERCENT ? ", %" : "";
    String logarithmic = axis.scale() == Axis.Scale.LOGARITHMIC ? ", logarithmic" : "";
    return line("axis", left, axis.from(), left, axis.to())
        .text("label", 2, 12, axis.label() + unit + logarithmic);
  }

  String close() {
    return out + "</svg>\n";
  }
}
