package sakd.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import sakd.infer.Score;
import sakd.run.Summary;
import sakd.task.Task;

/** The curves of summary.csv. */
record TrainingFigures(List<RunResult> runs, Looks looks, Page page) {
  static final String NO_EPOCH = "No epoch is finished yet.";

  void add() {
    page.section("training", "Training").open();
    scores();
    Set<String> terms = new LinkedHashSet<>(List.of("loss"));
    runs.forEach(e -> terms.addAll(e.run().lossTerms()));
    for (String term : terms) {
      boolean total = term.equals("loss");
      curves(
          "loss-" + term,
          total ? "Loss: the weighted sum of its terms" : "Term of the loss: " + term,
          total ? "loss" : term + ", without its weight",
          Axis.Scale.LINEAR,
          used(series(term, false)));
    }
    curves("lr", "Learning rate", "learning rate", Axis.Scale.LINEAR, series("lr", false));
    page.close();
  }

  /** Curves of every score that decides, with training's own; and of other kinds of training's. */
  private void scores() {
    for (Task task : tasks()) {
      Score headline = task.scores().get(0);
      List<Series> series = new ArrayList<>(series(headline.column(), false));
      boolean same = task.trainScore() == headline;
      if (same) {
        series.addAll(series("train_" + headline.column(), true));
      }
      boolean classes = task == Task.CLASSIFICATION;
      curves(
          classes ? "accuracy" : headline.column(),
          (classes ? "Accuracy" : headline.label())
              + heldOut(task)
              + (same ? "; thin: on training images" : ""),
          headline.label(),
          Axis.Scale.PERCENT,
          series);
      if (!same) {
        Score other = task.trainScore();
        List<Series> both = new ArrayList<>(series(other.column(), false));
        both.addAll(series("train_" + other.column(), true));
        boolean tested = task.scores().contains(other);
        curves(
            other.column(),
            other.label()
                + (tested ? heldOut(task) + "; thin: on training images" : " on training images"),
            other.label(),
            Axis.Scale.PERCENT,
            both);
      }
    }
  }

  /** Which images the runs of a task scored every epoch on. */
  private String heldOut(Task task) {
    Set<String> labels = new LinkedHashSet<>();
    runs.stream().filter(e -> e.task() == task).forEach(e -> labels.add(e.run().heldOut().label()));
    return " on " + String.join(" or ", labels) + " images";
  }

  /** What the runs' networks are for. */
  private Set<Task> tasks() {
    Set<Task> tasks = new LinkedHashSet<>();
    runs.forEach(e -> tasks.add(e.task()));
    return tasks;
  }

  /** Without the curves of a term that a phase does not use. */
  private static List<Series> used(List<Series> series) {
    return series.stream().filter(s -> Arrays.stream(s.y()).anyMatch(y -> y != 0)).toList();
  }

  /** A curve for each phase of each run that has such a column. */
  private List<Series> series(String column, boolean thin) {
    List<Series> series = new ArrayList<>();
    for (RunResult e : runs) {
      for (String phase : e.run().phases()) {
        List<Summary.Row> rows =
            e.run().rows(phase).stream().filter(r -> Double.isFinite(r.cell(column))).toList();
        if (!rows.isEmpty()) {
          series.add(
              new Series(
                  looks.of(e, phase),
                  thin,
                  rows.stream().mapToDouble(Summary.Row::epoch).toArray(),
                  rows.stream().mapToDouble(r -> r.cell(column)).toArray()));
        }
      }
    }
    return series;
  }

  private void curves(String id, String caption, String y, Axis.Scale scale, List<Series> series) {
    page.figure(
        id,
        caption,
        series.isEmpty() ? NO_EPOCH : "",
        () -> new Curves(caption, "epoch", y, scale).draw(series) + Page.legend(series));
  }
}
