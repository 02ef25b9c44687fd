package sakd.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * What a run directory says of itself, finished or interrupted.
 *
 * @param name of the folder, unique among those of a report
 * @param args the arguments it was started with
 * @param log the lines that training printed
 * @param rows of summary.csv: values by column, and the phase apart
 */
record Run(Path folder, String name, List<String> args, List<String> log, List<Row> rows) {
  private static final String PHASE = "phase";
  private static final String EPOCH = "epoch";

  /** An epoch of a phase; cells that are no numbers are left out. */
  record Row(String phase, Map<String, Double> cells) {
    double cell(String column) {
      return cells.getOrDefault(column, Double.NaN);
    }

    int epoch() {
      return (int) cell(EPOCH);
    }
  }

  /**
   * Reads a folder.
   *
   * @throws UserError if it is no run directory
   */
  static Run read(Path folder, String name) {
    if (!Files.exists(folder.resolve("args.txt"))) {
      throw new UserError(
          folder
              + " is not a run directory (it has no args.txt); expected one that train wrote, give"
              + " its path");
    }
    List<String> args =
        lines(folder.resolve("args.txt")).stream().filter(a -> !a.isEmpty()).toList();
    return new Run(
        folder,
        name,
        args,
        lines(folder.resolve("train.log")),
        rows(folder.resolve("summary.csv")));
  }

  /** The lines of a file; none if it is not there, as in a run that was stopped early. */
  private static List<String> lines(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a file of a run", e);
    }
  }

  private static List<Row> rows(Path file) {
    List<String> lines = lines(file);
    if (lines.isEmpty()) {
      return List.of();
    }
    List<String> columns = Arrays.asList(lines.get(0).split(",", -1));
    List<Row> rows = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",", -1);
      Map<String, Double> values = new LinkedHashMap<>();
      for (int i = 0; i < Math.min(cells.length, columns.size()); i++) {
        if (!columns.get(i).equals(PHASE) && cells[i].matches("[-+0-9.eE]+")) {
          values.put(columns.get(i), Double.valueOf(cells[i]));
        }
      }
      // A full disk cuts the last row off.
      if (cells.length == columns.size() && values.containsKey(EPOCH)) {
        rows.add(new Row(cells[columns.indexOf(PHASE)], values));
      }
    }
    return rows;
  }

  /** The value of an option that the run was started with, as {@code --name V} or {@code =V}. */
  Optional<String> option(String name) {
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).startsWith(name + "=")) {
        return Optional.of(args.get(i).substring(name.length() + 1));
      }
      if (args.get(i).equals(name) && i + 1 < args.size()) {
        return Optional.of(args.get(i + 1));
      }
    }
    return Optional.empty();
  }

  /** The phases in the order they were trained. */
  List<String> phases() {
    return rows.stream().map(Row::phase).distinct().toList();
  }

  List<Row> rows(String phase) {
    return rows.stream().filter(r -> r.phase().equals(phase)).toList();
  }

  /** The columns of summary.csv with a term of the loss, in order, as long as one is not 0. */
  List<String> lossTerms() {
    List<String> columns =
        rows.stream().findFirst().map(r -> List.copyOf(r.cells().keySet())).orElse(List.of());
    int first = columns.indexOf("loss");
    int end = columns.indexOf("train_top1");
    return first < 0 || end < first
        ? List.of()
        : columns.subList(first, end).stream()
            .filter(c -> rows.stream().anyMatch(r -> r.cell(c) != 0))
            .toList();
  }

  /** The line of the log that starts so, without the word; empty if there is none. */
  String logged(String word) {
    return log.stream()
        .filter(line -> line.startsWith(word))
        .reduce((first, last) -> last)
        .map(line -> line.substring(word.length()).strip())
        .orElse("");
  }

  /** Whether training came to its end, where it prints the table of networks. */
  boolean finished() {
    return !logged("network ").isEmpty();
  }
}
