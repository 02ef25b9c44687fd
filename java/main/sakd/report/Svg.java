package sakd.report;

import java.util.Locale;

/** A drawing as inline SVG; colours are classes, so that the page's style sets them. */
final class Svg {
  private final StringBuilder out = new StringBuilder();

  /**
   * An empty drawing.
   *
   * @param title what it shows, for those who cannot see it
   */
  Svg(String title, double width, double height) {
    add(
        "<svg viewBox=\"0 0 %s %s\" role=\"img\" style=\"max-width:%spx\"><title>%s</title>",
        number(width), number(height), number(width), Html.escape(title));
  }

  private void add(String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** At most two decimals. */
  private static String number(double value) {
    return Double.toString(Math.round(value * 100) / 100.0).replaceFirst("\\.0$", "");
  }

  Svg line(String style, double x1, double y1, double x2, double y2) {
    add(
        "<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>",
        style, number(x1), number(y1), number(x2), number(y2));
    return this;
  }

  /** A filled rectangle with a text that shows when it is pointed at; no text if it is empty. */
  Svg rectangle(String style, double x, double y, double width, double height, String hint) {
    add(
        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">%s</rect>",
        style, number(x), number(y), number(width), number(height), title(hint));
    return this;
  }

  /** As {@link #rectangle}, with an opacity of the fill in [0, 1]. */
  Svg shade(double share, double x, double y, double width, double height, String hint) {
    add(
        "<rect class=\"shade\" fill-opacity=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
            + "%s</rect>",
        number(share), number(x), number(y), number(width), number(height), title(hint));
    return this;
  }

  Svg circle(String style, double x, double y, double radius, String hint) {
    add(
        "<circle class=\"%s\" cx=\"%s\" cy=\"%s\" r=\"%s\">%s</circle>",
        style, number(x), number(y), number(radius), title(hint));
    return this;
  }

  private static String title(String hint) {
    return hint.isEmpty() ? "" : "<title>" + Html.escape(hint) + "</title>";
  }

  /** A line through points. */
  Svg path(String style, double[] x, double[] y) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < x.length; i++) {
      points.append(number(x[i])).append(',').append(number(y[i])).append(' ');
    }
    add("<polyline class=\"%s\" points=\"%s\"/>", style, points.toString().strip());
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
      line("grid", x, top, x, bottom).text("tick middle", x, bottom + 16, axis.format(tick));
    }
    return line("axis", axis.from(), bottom, axis.to(), bottom)
        .text("label middle", (axis.from() + axis.to()) / 2, bottom + 36, axis.label());
  }

  /** Grid lines, ticks and label of a vertical axis left of an area. */
  Svg left(Axis axis, double left, double right) {
    for (double tick : axis.ticks()) {
      double y = axis.pixel(tick);
      line("grid", left, y, right, y).text("tick end", left - 6, y + 4, axis.format(tick));
    }
    return line("axis", left, axis.from(), left, axis.to())
        .upwards("label middle", 14, (axis.from() + axis.to()) / 2, axis.label());
  }

  String close() {
    return out + "</svg>\n";
  }
}
