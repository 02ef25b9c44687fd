package sakd.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import sakd.distill.Pipeline;
import sakd.infer.Score;
import sakd.io.IoErrors;

/**
 * The {@code results.csv} of a finished run: the final table for programs, with a row a network.
 * Scores are on the test images, in [0, 1]; operations are for one image; a cell is empty where a
 * network has no such number, and a phase where it was not trained in the run.
 */
public final class Results {
  /** Its name in a run directory. */
  public static final String FILE = "results.csv";

  private Results() {}

  /**
   * The file of a final table.
   *
   * @param rows one or more, of networks for the same task
   */
  public static String text(List<Pipeline.Row> rows) {
    List<Score> scores = List.copyOf(rows.get(0).evaluation().scores().values().keySet());
    List<String> head = new ArrayList<>(List.of("network", "phase", "epochs"));
    scores.forEach(s -> head.add(s.column()));
    head.addAll(List.of("firing_rate", "macs", "synaptic_operations"));
    StringBuilder text = new StringBuilder(String.join(",", head)).append('\n');
    for (Pipeline.Row row : rows) {
      var e = row.evaluation();
      List<String> cells = new ArrayList<>();
      cells.add(row.name());
      cells.add(row.phase() == null ? "" : row.phase());
      cells.add(row.phase() == null ? "" : Integer.toString(row.epochs()));
      scores.forEach(s -> cells.add(number(e.scores().get(s))));
      cells.add(row.spiking() ? number(e.activity().meanFiringRate()) : "");
      cells.add(number(e.macs()));
      cells.add(row.spiking() ? number(e.synapticOperations()) : "");
      text.append(String.join(",", cells)).append('\n');
    }
    return text.toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.8g", value);
  }

  /**
   * A score of a network that a run has trained, on the test images; empty while the run has no
   * final table, or if it did not train such a network.
   *
   * @param folder the run directory
   * @param phase of its training
   */
  public static OptionalDouble score(Path folder, Score score, String phase) {
    Path file = folder.resolve(FILE);
    List<String[]> rows;
    try {
      rows =
          new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.split(",", -1))
              .toList();
    } catch (NoSuchFileException e) {
      return OptionalDouble.empty();
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "the results of a run", e);
    }
    int column = rows.isEmpty() ? -1 : List.of(rows.get(0)).indexOf(score.column());
    return rows.stream()
        .filter(cells -> column > 1 && column < cells.length && cells[1].equals(phase))
        .filter(cells -> cells[column].matches("[0-9.]+(e-[0-9]+)?"))
        .mapToDouble(cells -> Double.parseDouble(cells[column]))
        .findFirst();
  }
}
