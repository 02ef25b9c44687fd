package sakd.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import sakd.base.Numbers;
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
    out.printf(row, "recipe", "score", "last", "best", "published", "time");
    recipes.forEach(
        (recipe, group) -> {
          Summary first = new Summary(group.get(0).folder());
          out.printf(
              row,
              recipe,
              first.task().scores().get(0).label() + " %",
              percent(group, run -> new Summary(run.folder()).last(run.phase())),
              percent(group, run -> new Summary(run.folder()).best(run.phase())),
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
    out.println(Published.SOURCES);
    out.flush();
  }

  private static String percent(List<PlannedRun> runs, ToDoubleFunction<PlannedRun> score) {
    double[] percents = runs.stream().mapToDouble(score).map(share -> 100 * share).toArray();
    return Spread.of(percents).toString();
  }
}
