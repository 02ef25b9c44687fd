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
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import sakd.base.Numbers;
import sakd.data.HeldOut;
import sakd.infer.Score;
import sakd.io.AtomicFile;
import sakd.run.Results;
import sakd.run.Summary;

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
    validated = done.stream().anyMatch(run -> summary(run).heldOut() == HeldOut.VALIDATION);
  }

  private static Summary summary(PlannedRun run) {
    return new Summary(run.folder());
  }

  private static double last(PlannedRun run) {
    return summary(run).last(run.phase());
  }

  private static double best(PlannedRun run) {
    return summary(run).best(run.phase());
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
    Score score = summary(done.get(0)).task().scores().get(0);
    csv(score, folder.resolve(CSV));
    List<List<String>> table = new ArrayList<>();
    List<String> head = new ArrayList<>(names());
    String percent = score.label() + " %: ";
    head.addAll(validated ? List.of(percent + "validation") : List.of(percent + "last", "best"));
    head.addAll(List.of("epochs", "time"));
    table.add(head);
    sweep.students().forEach((values, runs) -> table.add(row(values, runs)));
    print(table);
    long seeds = done.stream().map(PlannedRun::seed).distinct().count();
    if (seeds > 1) {
      out.println(
          "mean ± standard deviation (n - 1) over the seeds "
              + done.stream()
                  .map(run -> Long.toString(run.seed()))
                  .distinct()
                  .collect(Collectors.joining(", ")));
    }
    sweep.students().entrySet().stream()
        .filter(row -> Collections.disjoint(row.getValue(), broken))
        .max(Comparator.comparingDouble(row -> spread(row.getValue(), SweepTable::best).mean()))
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
    Spread test =
        spread(
            row.getValue(),
            run -> Results.score(run.folder(), score, run.phase()).orElse(Double.NaN));
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
      cells.add(spread(runs, SweepTable::last).toString());
    }
    cells.add(spread(runs, SweepTable::best).toString());
    List<Long> epochs = runs.stream().map(PlannedRun::epochsDone).distinct().sorted().toList();
    cells.add(
        epochs.size() == 1
            ? epochs.get(0).toString()
            : epochs.get(0) + " to " + epochs.get(epochs.size() - 1));
    cells.add(
        Numbers.duration(
            runs.stream().mapToDouble(run -> summary(run).seconds(run.phase())).sum()));
    return cells;
  }

  private static Spread spread(List<PlannedRun> runs, ToDoubleFunction<PlannedRun> score) {
    return Spread.of(runs.stream().mapToDouble(score).map(share -> 100 * share).toArray());
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
                    cells.add(last(run));
                  }
                  cells.add(best(run));
                  cells.add(summary(run).seconds(run.phase()));
                  cells.add(run.folder());
                  csv.row(cells);
                }
              }
            });
    AtomicFile.writeText(file, text.toString());
  }
}
