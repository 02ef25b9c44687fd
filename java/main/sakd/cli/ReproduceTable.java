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

/** What {@code reproduce} prints: what it will run, and what came of it. */
final class ReproduceTable {
  private final List<Reproduction.Run> runs;
  private final PrintWriter out;

  ReproduceTable(List<Reproduction.Run> runs, PrintWriter out) {
    this.runs = runs;
    this.out = out;
  }

  /** Every run in its order: its state, its folder, its teacher and its command line. */
  void plan() {
    int number = 1;
    for (Reproduction.Run run : runs) {
      out.printf("%d. %s: %s%n", number++, run.folder().getFileName(), Recipes.title(run.recipe()));
      line("state", state(run));
      line("folder", run.folder().toString());
      if (run.teacher() != null) {
        line("teacher", run.teacher().weights() + teacher(run.teacher()));
      }
      line(
          "command",
          "sakd " + String.join(" ", run.command().stream().map(Shell::quoted).toList()));
    }
    out.flush();
  }

  private void line(String what, String text) {
    out.printf("   %-8s %s%n", what, text);
  }

  private static String state(Reproduction.Run run) {
    long done = run.epochsDone();
    return !run.isStarted()
        ? "new, " + Numbers.count(run.epochs(), "epoch")
        : done < run.epochs() ? done + " of " + run.epochs() + " epochs done" : "done";
  }

  private String teacher(Reproduction.Run teacher) {
    return " (trained by " + (runs.indexOf(teacher) + 1) + ")";
  }

  /** The scores of every recipe, over its seeds, beside the published one. */
  void results() {
    Map<String, List<Reproduction.Run>> recipes =
        runs.stream()
            .collect(
                Collectors.groupingBy(
                    Reproduction.Run::recipe, LinkedHashMap::new, Collectors.toList()));
    List<Long> seeds = runs.stream().map(Reproduction.Run::seed).distinct().toList();
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
  private static double tested(Reproduction.Run run) {
    Summary summary = new Summary(run.folder());
    return Results.score(run.folder(), summary.task().scores().get(0), run.phase())
        .orElse(Double.NaN);
  }

  private static String percent(
      List<Reproduction.Run> runs, ToDoubleFunction<Reproduction.Run> score) {
    double[] percents = runs.stream().mapToDouble(score).map(share -> 100 * share).toArray();
    return Spread.of(percents).toString();
  }
}
