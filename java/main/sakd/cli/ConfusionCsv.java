package sakd.cli;

import java.nio.file.Path;
import java.util.List;
import sakd.io.AtomicFile;

/** A confusion matrix as a table: a row for each true class, a column for each answer. */
final class ConfusionCsv {
  private ConfusionCsv() {}

  static void write(Path file, List<String> classes, long[][] confusion) {
    StringBuilder text = new StringBuilder("true \\ predicted");
    classes.forEach(name -> text.append(',').append(quoted(name)));
    text.append('\n');
    for (int row = 0; row < confusion.length; row++) {
      text.append(quoted(classes.get(row)));
      for (long count : confusion[row]) {
        text.append(',').append(count);
      }
      text.append('\n');
    }
    AtomicFile.writeText(file, text.toString());
  }

  private static String quoted(String name) {
    return name.matches("[^,\"\\n]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
  }
}
