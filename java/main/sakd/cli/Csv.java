package sakd.cli;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import sakd.base.Numbers;

/**
 * A table as comma-separated values (RFC 4180): a header, then rows of as many cells; a cell with a
 * comma, a quote or the end of a line stands in quotes.
 */
final class Csv {
  private final Consumer<String> lines;

  /**
   * A table, which begins with its header.
   *
   * @param columns their names
   * @param lines gets every line
   */
  Csv(List<?> columns, Consumer<String> lines) {
    this.lines = lines;
    row(columns);
  }

  /** A row of as many cells as there are columns. */
  void row(List<?> cells) {
    lines.accept(cells.stream().map(Csv::cell).collect(Collectors.joining(",")));
  }

  private static String cell(Object value) {
    String text =
        value instanceof Float f
            ? Numbers.plain(f)
            : value instanceof Double d ? Numbers.plain(d) : value.toString();
    return text.matches("[^,\"\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
