package sakd.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/**
 * The page: figures in the order in which they are asked for, each under an id of its own, and with
 * the reason in its place where it cannot be drawn. Nothing is loaded from elsewhere. A script
 * shows values where one points; without it browsers show those of the marks that are drawn.
 */
final class Page {
  private final StringBuilder body = new StringBuilder();
  private final StringBuilder contents = new StringBuilder();

  /** A part of the page with a heading. */
  Page section(String id, String heading) {
    String text = Html.escape(heading);
    body.append("<h2 id=\"").append(id).append("\">").append(text).append("</h2>\n");
    contents.append("<a href=\"#").append(id).append("\">").append(text).append("</a>\n");
    return this;
  }

  /** Starts figures that stand side by side. */
  Page open() {
    return html("<div class=\"row\">\n");
  }

  /** The same of figures of which every second belongs below the one before it. */
  Page openPairs() {
    return html("<div class=\"row pairs\">\n");
  }

  Page close() {
    return html("</div>\n");
  }

  Page paragraph(String text) {
    return html("<p>" + Html.escape(text) + "</p>\n");
  }

  /** Something that is HTML. */
  Page html(String content) {
    body.append(content);
    return this;
  }

  /** A figure whose content is HTML. */
  Page figure(String id, String caption, String content) {
    body.append("<figure id=\"")
        .append(Html.escape(id))
        .append("\"><figcaption>")
        .append(Html.escape(caption))
        .append("</figcaption>\n")
        .append(content)
        .append("</figure>\n");
    return this;
  }

  /** A figure, or why there is none where {@code missing} is not empty. */
  Page figure(String id, String caption, String missing, Supplier<String> content) {
    return figure(
        id,
        caption,
        missing.isEmpty()
            ? content.get()
            : "<p class=\"missing\">" + Html.escape(missing) + "</p>\n");
  }

  /** Which network is drawn how; those that only accompany another are left out. */
  static String legend(List<Series> series) {
    StringBuilder out = new StringBuilder("<p class=\"legend\">");
    boolean none = series.stream().allMatch(Series::thin);
    for (Series s : series) {
      if (none || !s.thin()) {
        out.append("<span class=\"entry\" data-series=\"").append(s.look().number()).append("\">");
        out.append(sample(s.look())).append(s.look().html()).append("</span>\n");
      }
    }
    return out.append("</p>\n").toString();
  }

  /** A piece of a network's curve. */
  private static String sample(Look look) {
    return "<svg class=\"sample\" viewBox=\"0 0 26 10\" aria-hidden=\"true\"><g class=\""
        + look.style()
        + " main\"><path class=\"curve\" d=\"M1,5h24\"/>"
        + Svg.marker("mark", look.marker(), 13, 5, 2.8, "")
        + "</g></svg>";
  }

  /** Rows of cells, HTML; the first column is text and the others are numbers. */
  static String table(List<String> head, List<List<String>> rows) {
    StringBuilder out = new StringBuilder("<div class=\"wide\" tabindex=\"0\"><table><thead>");
    out.append(tableRow("th", head)).append("</thead><tbody>\n");
    rows.forEach(row -> out.append(tableRow("td", row)));
    return out.append("</tbody></table></div>\n").toString();
  }

  private static String tableRow(String tag, List<String> cells) {
    StringBuilder out = new StringBuilder("<tr>");
    for (String cell : cells) {
      out.append('<').append(tag).append('>').append(cell).append("</").append(tag).append('>');
    }
    return out.append("</tr>\n").toString();
  }

  /** Words and what they stand for, as text. */
  static String settings(List<List<String>> rows) {
    StringBuilder out = new StringBuilder("<dl>\n");
    for (List<String> row : rows) {
      out.append("<dt>").append(Html.escape(row.get(0))).append("</dt><dd>");
      out.append(Html.escape(row.get(1))).append("</dd>\n");
    }
    return out.append("</dl>\n").toString();
  }

  /**
   * The whole file.
   *
   * @param about a line below the title; may be empty
   */
  String whole(String title, String about) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        + "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
        // Without it browsers ask for /favicon.ico.
        + "<link rel=\"icon\" href=\"data:,\"/>\n<title>"
        + Html.escape(title)
        + "</title>\n<style>\n"
        + resource("style.css")
        + "</style>\n</head>\n<body>\n<main>\n<h1>"
        + Html.escape(title)
        + "</h1>\n"
        + (about.isEmpty() ? "" : "<p class=\"about\">" + Html.escape(about) + "</p>\n")
        + "<nav aria-label=\"Sections\">\n"
        + contents
        + "</nav>\n"
        + body
        + "</main>\n<script>\n"
        + resource("hover.js")
        + "</script>\n</body>\n</html>\n";
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream("/report/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
