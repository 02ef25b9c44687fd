package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.io.AtomicFile;

/** A confusion matrix as a table: a row for each true class, a column for each answer. */
final class ConfusionCsv {
  private ConfusionCsv() {}

  static void write(Path file, List<String> classes, long[][] confusion) {
    StringBuilder text = new StringBuilder();
    List<String> columns = new ArrayList<>(List.of("true \\ predicted"));
    columns.addAll(classes);
    Csv csv = new Csv(columns, line -> text.append(line).append('\n'));
    for (int row = 0; row < confusion.length; row++) {
      List<Object> cells = new ArrayList<>(List.of(classes.get(row)));
      for (long count : confusion[row]) {
        cells.add(count);
      }
      csv.row(cells);
    }
    AtomicFile.writeText(file, text.toString());
  }
}
