package sakd.report;

/** Text as HTML and SVG take it. */
final class Html {
  private Html() {}

  /** Text in an element or in a quoted attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
