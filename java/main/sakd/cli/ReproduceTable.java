package sakd.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import sakd.base.Numbers;
import sakd.data.HeldOut;
import sakd.run.Results;
import sakd.run.Summary;

/** What {@code reproduce} prints of what came of its runs. */
final class ReproduceTable {
  private final List<PlannedRun> runs;
  private final PrintWriter out;

  ReproduceTable(List<PlannedRun> runs, PrintWriter out) {
    this.runs = runs;
    this.out = out;
  }

  /** The scores of every recipe, over its seeds, beside the published one. */
  void results() {
    Map<String, List<PlannedRun>> recipes =
        runs.stream()
            .collect(
                Collectors.groupingBy(PlannedRun::name, LinkedHashMap::new, Collectors.toList()));
    List<Long> seeds = runs.stream().map(PlannedRun::seed).distinct().toList();
    int width = recipes.keySet().stream().mapToInt(String::length).max().orElse(0);
    String row = "%-" + width + "s  %-7s  %14s  %14s  %9s  %12s%n";
    out.println();
    boolean validated =
        runs.stream().anyMatch(run -> new Summary(run.folder()).heldOut() == HeldOut.VALIDATION);
    out.printf(
        row,
        "recipe",
        "score",
        validated ? "validation" : "last",
        validated ? "test" : "best",
        "published",
        "time");
    recipes.forEach(
        (recipe, group) -> {
          Summary first = new Summary(group.get(0).folder());
          out.printf(
              row,
              recipe,
              first.task().scores().get(0).label() + " %",
              percent(
                  group,
                  run ->
                      validated
                          ? new Summary(run.folder()).best(run.phase())
                          : new Summary(run.folder()).last(run.phase())),
              percent(
                  group,
                  run -> validated ? tested(run) : new Summary(run.folder()).best(run.phase())),
              Published.cell(recipe),
              Numbers.duration(
                  group.stream()
                      .mapToDouble(run -> new Summary(run.folder()).seconds(run.phase()))
                      .sum()));
        });
    if (seeds.size() > 1) {
      out.println(
          "mean ± standard deviation (n - 1) over the seeds "
              + String.join(", ", seeds.stream().map(s -> Long.toString(s)).toList()));
    }
    if (validated) {
      out.println("validation: the best epoch, on training images held out; test: its test images");
    }
    out.println(Published.SOURCES);
    out.flush();
  }

  /** NaN if the run has no final table. */
  private static double tested(PlannedRun run) {
    Summary summary = new Summary(run.folder());
    return Results.score(run.folder(), summary.task().scores().get(0), run.phase())
        .orElse(Double.NaN);
  }

  private static String percent(List<PlannedRun> runs, ToDoubleFunction<PlannedRun> score) {
    double[] percents = runs.stream().mapToDouble(score).map(share -> 100 * share).toArray();
    return Spread.of(percents).toString();
  }
}
