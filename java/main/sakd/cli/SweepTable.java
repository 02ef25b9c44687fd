package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import sakd.infer.Score;
import sakd.io.AtomicFile;

/** What {@code sweep} prints and writes of what came of its runs. */
final class SweepTable {
  private static final String CSV = "sweep.csv";

  private final Sweep sweep;
  private final Set<PlannedRun> broken;
  private final PrintWriter out;

  /** Students that came to an end. */
  private final List<PlannedRun> done;

  /**
   * Whether settings are compared on training images held out; the test images are not looked at.
   */
  private final boolean validated;

  /**
   * @param broken runs that have no end
   */
  SweepTable(Sweep sweep, Set<PlannedRun> broken, PrintWriter out) {
    this.sweep = sweep;
    this.broken = broken;
    this.out = out;
    done =
        sweep.students().values().stream()
            .flatMap(List::stream)
            .filter(run -> !broken.contains(run))
            .toList();
    validated = done.stream().anyMatch(PlannedRun::isValidated);
  }

  /**
   * Prints a row for every combination, and writes one for every run to {@code sweep.csv}.
   *
   * @param folder where that goes
   */
  void results(Path folder) {
    if (done.isEmpty()) {
      return;
    }
    Score score = done.get(0).summary().task().scores().get(0);
    csv(score, folder.resolve(CSV));
    List<List<String>> table = new ArrayList<>();
    List<String> head = new ArrayList<>(names());
    String percent = score.label() + " %: ";
    head.addAll(validated ? List.of(percent + "validation") : List.of(percent + "last", "best"));
    head.addAll(List.of("epochs", "time"));
    table.add(head);
    sweep.students().forEach((values, runs) -> table.add(row(values, runs)));
    print(table);
    PlannedRuns.ofSeeds(done).ifPresent(out::println);
    sweep.students().entrySet().stream()
        .filter(row -> Collections.disjoint(row.getValue(), broken))
        .max(
            Comparator.comparingDouble(
                row -> PlannedRuns.percents(row.getValue(), PlannedRun::best).mean()))
        .ifPresent(row -> best(row, score));
    out.println("table   " + folder.resolve(CSV));
    out.flush();
  }

  private void best(Map.Entry<List<String>, List<PlannedRun>> row, Score score) {
    List<String> settings = new ArrayList<>();
    for (int i = 0; i < names().size(); i++) {
      settings.add(names().get(i) + " " + row.getKey().get(i));
    }
    out.println("best    " + String.join(", ", settings) + (validated ? tested(row, score) : ""));
    out.println(
        "        chosen, and its epochs too, on "
            + (validated
                ? "training images held out"
                : "the test images; --val-share 0.1 compares on training images held out"));
  }

  /** What the chosen settings come to on the test images, of which no other row's are read. */
  private static String tested(Map.Entry<List<String>, List<PlannedRun>> row, Score score) {
    Spread test = PlannedRuns.percents(row.getValue(), PlannedRun::tested);
    return ": test " + score.label() + " " + test + " %";
  }

  private List<String> names() {
    return sweep.options().stream().map(SweptOption::name).toList();
  }

  private List<String> row(List<String> values, List<PlannedRun> all) {
    List<PlannedRun> runs = all.stream().filter(run -> !broken.contains(run)).toList();
    List<String> cells = new ArrayList<>(values);
    if (runs.isEmpty()) {
      cells.addAll(Collections.nCopies(validated ? 3 : 4, "-"));
      return cells;
    }
    if (!validated) {
      cells.add(PlannedRuns.percents(runs, PlannedRun::last).toString());
    }
    cells.add(PlannedRuns.percents(runs, PlannedRun::best).toString());
    List<Long> epochs = runs.stream().map(PlannedRun::epochsDone).distinct().sorted().toList();
    cells.add(
        epochs.size() == 1
            ? epochs.get(0).toString()
            : epochs.get(0) + " to " + epochs.get(epochs.size() - 1));
    cells.add(PlannedRuns.time(runs));
    return cells;
  }

  /** Numbers stand on the right, as do their heads. */
  private void print(List<List<String>> table) {
    int columns = table.get(0).size();
    out.println();
    for (List<String> row : table) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        int column = c;
        int width = table.stream().mapToInt(r -> r.get(column).length()).max().orElseThrow();
        String align = c < names().size() ? "-" : "";
        line.append(c == 0 ? "" : "  ");
        line.append(String.format(Locale.ROOT, "%" + align + width + "s", row.get(c)));
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private void csv(Score score, Path file) {
    StringBuilder text = new StringBuilder();
    List<String> head = new ArrayList<>(names());
    head.addAll(List.of("seed", "epochs"));
    head.addAll(
        validated
            ? List.of("val_" + score.column())
            : List.of("last_" + score.column(), "best_" + score.column()));
    head.addAll(List.of("seconds", "run"));
    Csv csv = new Csv(head, line -> text.append(line).append('\n'));
    sweep
        .students()
        .forEach(
            (values, runs) -> {
              for (PlannedRun run : runs) {
                if (done.contains(run)) {
                  List<Object> cells = new ArrayList<>(values);
                  cells.add(run.seed());
                  cells.add(run.epochsDone());
                  if (!validated) {
                    cells.add(run.last());
                  }
                  cells.add(run.best());
                  cells.add(run.seconds());
                  cells.add(run.folder());
                  csv.row(cells);
                }
              }
            });
    AtomicFile.writeText(file, text.toString());
  }
}
