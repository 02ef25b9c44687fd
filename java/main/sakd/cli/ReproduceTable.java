package sakd.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

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
    int width = recipes.keySet().stream().mapToInt(String::length).max().orElse(0);
    String row = "%-" + width + "s  %-7s  %14s  %14s  %9s  %12s%n";
    out.println();
    boolean validated = runs.stream().anyMatch(PlannedRun::isValidated);
    out.printf(
        row,
        "recipe",
        "score",
        validated ? "validation" : "last",
        validated ? "test" : "best",
        "published",
        "time");
    recipes.forEach(
        (recipe, group) ->
            out.printf(
                row,
                recipe,
                group.get(0).summary().task().scores().get(0).label() + " %",
                PlannedRuns.percents(group, validated ? PlannedRun::best : PlannedRun::last),
                PlannedRuns.percents(group, validated ? PlannedRun::tested : PlannedRun::best),
                Published.cell(recipe),
                PlannedRuns.time(group)));
    PlannedRuns.ofSeeds(runs).ifPresent(out::println);
    if (validated) {
      out.println("validation: the best epoch, on training images held out; test: its test images");
    }
    out.println(Published.SOURCES);
    out.flush();
  }
}
