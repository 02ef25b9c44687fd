package sakd.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/**
 * The page: figures in the order in which they are asked for, each under an id of its own, and with
 * the reason in its place where it cannot be drawn. Nothing is loaded from elsewhere and nothing
 * runs in the browser.
 */
final class Page {
  private final StringBuilder body = new StringBuilder();

  /** A part of the page with a heading. */
  Page section(String id, String heading) {
    body.append("<h2 id=\"")
        .append(id)
        .append("\">")
        .append(Html.escape(heading))
        .append("</h2>\n");
    return this;
  }

  /** Starts figures that stand side by side. */
  Page open() {
    body.append("<div class=\"row\">\n");
    return this;
  }

  Page close() {
    body.append("</div>\n");
    return this;
  }

  Page paragraph(String text) {
    body.append("<p>").append(Html.escape(text)).append("</p>\n");
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

  /** What the colours of the curves stand for. */
  static String legend(List<Plots.Series> series) {
    StringBuilder out = new StringBuilder("<p class=\"legend\">");
    for (Plots.Series s : series) {
      out.append("<span><svg viewBox=\"0 0 22 8\" width=\"22\" height=\"8\" aria-hidden=\"true\">")
          .append("<line class=\"curve ")
          .append(s.style())
          .append("\" x1=\"1\" y1=\"4\" x2=\"21\" y2=\"4\"/></svg>")
          .append(Html.escape(s.name()))
          .append("</span> ");
    }
    return out.append("</p>\n").toString();
  }

  /** Rows of cells; the first column is text and the others are numbers. */
  static String table(List<String> head, List<List<String>> rows) {
    StringBuilder out = new StringBuilder("<table><thead>");
    out.append(tableRow("th", head)).append("</thead><tbody>");
    rows.forEach(row -> out.append(tableRow("td", row)));
    return out.append("</tbody></table>\n").toString();
  }

  private static String tableRow(String tag, List<String> cells) {
    StringBuilder out = new StringBuilder("<tr>");
    for (String cell : cells) {
      out.append('<').append(tag).append('>').append(Html.escape(cell));
      out.append("</").append(tag).append('>');
    }
    return out.append("</tr>\n").toString();
  }

  /** The whole file. */
  String html(String title) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        // Without it browsers ask for /favicon.ico.
        + "<link rel=\"icon\" href=\"data:,\">\n<title>"
        + Html.escape(title)
        + "</title>\n<style>\n"
        + style()
        + "</style>\n</head>\n<body>\n<main>\n<h1>"
        + Html.escape(title)
        + "</h1>\n"
        + body
        + "</main>\n</body>\n</html>\n";
  }

  private static String style() {
    try (InputStream in = Page.class.getResourceAsStream("/report/style.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
