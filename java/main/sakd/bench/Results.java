package sakd.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import sakd.io.AtomicFile;

/**
 * A Markdown file in the making: sections of one table each. It is written anew with every row, so
 * that whoever stops the measuring has a whole file with the rows until then. Measurements that
 * fail, or are not begun in the time there is, are named at the end.
 */
public final class Results {
  /** What this program is called in the column that peers share. */
  static final String SAKD = "SAKD";

  private final Path file;
  private final Consumer<String> show;
  private final double seconds;
  private final long start = System.nanoTime();
  private final StringBuilder text = new StringBuilder();
  private final List<String> leftOut = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private RuntimeException firstFailure;

  /**
   * @param file written, or replaced, with the title; null for none
   * @param show gets every line once it is there
   * @param seconds after which no measurement is begun; may be infinite
   */
  public Results(Path file, Consumer<String> show, double seconds) {
    this.file = file;
    this.show = show;
    this.seconds = seconds;
  }

  private void lines(String... lines) {
    for (String line : lines) {
      text.append(line).append('\n');
    }
    if (file != null) {
      AtomicFile.writeText(file, text.toString());
    }
    for (String line : lines) {
      show.accept(line);
    }
  }

  /** The title of the file and what is said below it. */
  void title(String title, String below) {
    lines("# " + title, "", below);
  }

  /** Begins a section: what it shows, how it was measured, and the head of its table. */
  void section(String title, String how, String... head) {
    lines(
        "",
        "## " + title,
        "",
        how,
        "",
        row(Arrays.asList(head)),
        row(Arrays.stream(head).map(h -> "---").toList()));
  }

  /**
   * Measures a row of the table begun last, if there is time.
   *
   * @param what it measures, as it is named where there is none
   * @param cells does the measuring
   */
  void row(String what, Supplier<List<String>> cells) {
    if ((System.nanoTime() - start) * 1e-9 >= seconds) {
      leftOut.add(what);
      return;
    }
    List<String> measured;
    try {
      measured = cells.get();
    } catch (RuntimeException e) {
      // The others are measured all the same.
      failed.add(what + " (" + e.getMessage() + ")");
      show.accept("failed: " + failed.get(failed.size() - 1));
      firstFailure = firstFailure == null ? e : firstFailure;
      return;
    }
    lines(row(measured));
  }

  /**
   * Ends the file: with what was left out, if anything was.
   *
   * @throws IllegalStateException if something failed, with the first failure as its cause
   */
  void end() {
    if (!leftOut.isEmpty()) {
      lines(
          "",
          cell(
              "Time ran out after %.0f s. Not measured: %s.", seconds, String.join("; ", leftOut)));
    }
    if (firstFailure != null) {
      lines("", "Failed: " + String.join("; ", failed) + ".");
      throw new IllegalStateException(
          failed.size() + " of the measurements failed, see " + file, firstFailure);
    }
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }

  /** A cell with a number. */
  static String cell(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
