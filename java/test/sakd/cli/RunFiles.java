package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.testing.EventFiles;
import sakd.testing.ProtobufReader;

/** What the files of a run say. */
final class RunFiles {
  private RunFiles() {}

  /** The columns of the summary, in their order. */
  static List<String> columns(Path run) throws IOException {
    return List.of(Files.readAllLines(run.resolve("summary.csv")).get(0).split(",", -1));
  }

  /** The rows of the summary of one phase, by column. */
  static List<Map<String, String>> rows(Path run, String phase) throws IOException {
    List<String> columns = columns(run);
    List<Map<String, String>> rows = new ArrayList<>();
    List<String> lines = Files.readAllLines(run.resolve("summary.csv"));
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      assertEquals(columns.size(), cells.length, line);
      Map<String, String> row = new HashMap<>();
      for (int i = 0; i < cells.length; i++) {
        row.put(columns.get(i), cells[i]);
      }
      if (row.get("phase").equals(phase)) {
        rows.add(row);
      }
    }
    return rows;
  }

  static double cell(Map<String, String> row, String column) {
    return Double.parseDouble(row.get(column));
  }

  /** The largest value of a share's column in a phase, in per cent, as it is printed. */
  static String best(Path run, String phase, String column) throws IOException {
    double best = 0;
    for (Map<String, String> row : rows(run, phase)) {
      best = Math.max(best, cell(row, column));
    }
    return percent(best);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f", 100 * share);
  }

  /**
   * Checks that the event files have the values of the summary.
   *
   * @param columns of the summary, by the curve's name
   * @param steps of an epoch
   */
  static void assertCurves(Path run, String phase, Map<String, String> columns, int steps)
      throws IOException {
    Map<String, Float> curves = new HashMap<>();
    for (ProtobufReader event : EventFiles.read(run)) {
      if (event.has(5)) {
        ProtobufReader value = event.message(5).message(1);
        if (value.has(2)) {
          curves.put(value.text(1) + "@" + event.integer(2), value.real32(2));
        }
      }
    }
    List<Map<String, String>> rows = rows(run, phase);
    for (int e = 0; e < rows.size(); e++) {
      for (Map.Entry<String, String> column : columns.entrySet()) {
        Float value = curves.get(column.getKey() + "@" + (e + 1) * steps);
        assertTrue(value != null, column + " not in " + curves.keySet());
        double expected = cell(rows.get(e), column.getValue());
        assertEquals(expected, value, 1e-5 * expected, column.getKey());
      }
    }
    assertTrue(curves.keySet().stream().anyMatch(k -> k.startsWith("firing rate/")), "" + curves);
  }
}
