package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.io.Json;

/** What --format writes, read back. */
final class Results {
  private Results() {}

  /** An object a line. */
  static List<Map<?, ?>> json(String out) {
    List<Map<?, ?>> objects = new ArrayList<>();
    for (String line : out.lines().toList()) {
      try {
        objects.add((Map<?, ?>) Json.parse(line));
      } catch (Json.SyntaxException e) {
        throw new AssertionError(line, e);
      }
    }
    return objects;
  }

  /** A list of objects in one. */
  static List<Map<?, ?>> list(Map<?, ?> object, String key) {
    return ((List<?>) object.get(key)).stream().<Map<?, ?>>map(Map.class::cast).toList();
  }

  /** A number of an object. */
  static double number(Map<?, ?> object, String key) {
    return ((Number) object.get(key)).doubleValue();
  }

  /** Rows by the names of the columns, as RFC 4180 has them. */
  static List<Map<String, String>> csv(String out) {
    List<List<String>> rows = new ArrayList<>();
    List<String> row = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < out.length(); i++) {
      char c = out.charAt(i);
      if (c == '"') {
        // Two quotes are one, and leave and enter what is quoted.
        if (!quoted && i > 0 && out.charAt(i - 1) == '"') {
          cell.append(c);
        }
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == '\n')) {
        row.add(cell.toString());
        cell.setLength(0);
        if (c == '\n') {
          rows.add(row);
          row = new ArrayList<>();
        }
      } else {
        cell.append(c);
      }
    }
    assertEquals("", cell.toString(), "the last line ends");
    List<Map<String, String>> named = new ArrayList<>();
    for (List<String> cells : rows.subList(1, rows.size())) {
      assertEquals(rows.get(0).size(), cells.size(), cells.toString());
      Map<String, String> byName = new LinkedHashMap<>();
      for (int i = 0; i < cells.size(); i++) {
        byName.put(rows.get(0).get(i), cells.get(i));
      }
      named.add(byName);
    }
    return named;
  }
}
