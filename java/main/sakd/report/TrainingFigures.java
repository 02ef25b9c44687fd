package sakd.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.DoubleStream;
import sakd.infer.ClassificationReport;
import sakd.infer.Evaluator;
import sakd.infer.Score;
import sakd.run.Summary;
import sakd.task.Task;

/** The final table, and the curves of summary.csv. */
record TrainingFigures(List<RunResult> runs, ChartColours colours, Page page) {
  private static final String NO_EPOCH = "No epoch is finished yet.";

  void add() {
    table();
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
          used(series(term, false)));
    }
    curves("lr", "Learning rate", "learning rate", series("lr", false));
    page.close();
  }

  /** Curves of every score that decides, with training's own; and of other kinds of training's. */
  private void scores() {
    for (Task task : tasks()) {
      Score headline = task.scores().get(0);
      List<Plots.Series> series = new ArrayList<>(series(headline.column(), false));
      boolean same = task.trainScore() == headline;
      if (same) {
        series.addAll(series("train_" + headline.column(), true));
      }
      boolean classes = task == Task.CLASSIFICATION;
      curves(
          classes ? "accuracy" : headline.column(),
          (classes ? "Accuracy" : headline.label())
              + " on test images"
              + (same ? "; dashed: on training images" : ""),
          headline.label(),
          series);
      if (!same) {
        Score other = task.trainScore();
        List<Plots.Series> both = new ArrayList<>(series(other.column(), false));
        both.addAll(series("train_" + other.column(), true));
        boolean tested = task.scores().contains(other);
        curves(
            other.column(),
            other.label()
                + (tested ? " on test images; dashed: on training images" : " on training images"),
            other.label(),
            both);
      }
    }
  }

  /** What the runs' networks are for. */
  private Set<Task> tasks() {
    Set<Task> tasks = new LinkedHashSet<>();
    runs.forEach(e -> tasks.add(e.task()));
    return tasks;
  }

  /** How the score that decides is called. */
  private String headline() {
    return String.join(" or ", tasks().stream().map(t -> t.scores().get(0).label()).toList());
  }

  /** Without the curves of a term that a phase does not use. */
  private static List<Plots.Series> used(List<Plots.Series> series) {
    return series.stream().filter(s -> Arrays.stream(s.y()).anyMatch(y -> y != 0)).toList();
  }

  /** A curve for each phase of each run that has such a column. */
  private List<Plots.Series> series(String column, boolean dashed) {
    List<Plots.Series> series = new ArrayList<>();
    for (RunResult e : runs) {
      for (String phase : e.run().phases()) {
        List<Summary.Row> rows =
            e.run().rows(phase).stream().filter(r -> Double.isFinite(r.cell(column))).toList();
        if (!rows.isEmpty()) {
          series.add(
              new Plots.Series(
                  colours.name(e, phase) + (dashed ? ", training" : ""),
                  colours.style(e, phase) + (dashed ? " dashed" : ""),
                  rows.stream().mapToDouble(Summary.Row::epoch).toArray(),
                  values(rows, column).toArray()));
        }
      }
    }
    return series;
  }

  private static DoubleStream values(List<Summary.Row> rows, String column) {
    return rows.stream().mapToDouble(r -> r.cell(column));
  }

  private void curves(String id, String caption, String y, List<Plots.Series> series) {
    page.figure(
        id,
        caption,
        series.isEmpty() ? NO_EPOCH : "",
        () -> Plots.curves(caption, "epoch", y, series) + Page.legend(series));
  }

  private void table() {
    page.section("results", "Results");
    List<List<String>> rows = new ArrayList<>();
    for (RunResult e : runs) {
      if (!e.run().finished()) {
        page.paragraph(
            e.run().name()
                + " was interrupted or still runs; this is what it has so far. To go on: train"
                + " --resume "
                + e.run().folder());
      }
      e.phases().forEach(phase -> rows.add(row(e, phase)));
    }
    List<String> head =
        List.of(
            "network",
            "epochs",
            "best " + headline(),
            "last " + headline(),
            "training s",
            "images/s",
            "measured " + headline(),
            "95 % interval",
            "firing rate",
            "M MAC",
            "M SOP",
            "µJ");
    page.figure(
        "table", "Every network", rows.isEmpty() ? NO_EPOCH : "", () -> Page.table(head, rows));
    page.paragraph(
        "Best and last "
            + headline()
            + " are training's own. What follows them was measured for this page, with"
            + " the best weights on at most "
            + (tasks().contains(Task.CLASSIFICATION) ? RunEvaluation.IMAGES : RunEvaluation.LARGE)
            + " test images; operations and energy are of one image. MAC: multiply-accumulates of"
            + " the ANN. SOP: additions that spikes cause. Energy at 45 nm: 4.6 pJ a MAC and 0.9 pJ"
            + " a SOP; an SNN multiplies where its input is not spikes.");
  }

  private List<String> row(RunResult e, String phase) {
    List<Summary.Row> epochs = e.run().rows(phase);
    Summary.Row last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
    List<String> cells = new ArrayList<>();
    cells.add(colours.name(e, phase));
    cells.add(last == null ? "" : Integer.toString(last.epoch()));
    String headline = e.task().scores().get(0).column();
    cells.add(percent(values(epochs, headline).max().orElse(Double.NaN)));
    cells.add(percent(last == null ? Double.NaN : last.cell(headline)));
    cells.add(last == null ? "" : number("%.1f", values(epochs, "seconds").sum()));
    double speed = values(epochs, "images_per_second").average().orElse(Double.NaN);
    cells.add(number("%.0f", speed));
    e.results().stream()
        .filter(f -> f.phase().equals(phase))
        .findFirst()
        .ifPresent(f -> cells.addAll(measured(f)));
    return cells;
  }

  private static List<String> measured(NetworkResult f) {
    var v = f.evaluation();
    return List.of(
        percent(v.scores().value()),
        f.pictures().isEmpty() ? interval(v) : "",
        f.spiking() ? number("%.4f", v.activity().meanFiringRate()) : "",
        number("%.2f", v.macs() / 1e6),
        f.spiking() ? number("%.2f", v.synapticOperations() / 1e6) : "",
        number("%.2f", 1e6 * (f.spiking() ? v.snnJoules() : v.annJoules())));
  }

  /** Of a share of images, which an mIoU is not. */
  private static String interval(Evaluator.Evaluation v) {
    var interval = ClassificationReport.interval(v.scores().value(), v.images());
    return number("%.2f", 100 * interval.low()) + " to " + number("%.2f", 100 * interval.high());
  }

  private static String percent(double share) {
    return number("%.2f %%", 100 * share);
  }

  private static String number(String format, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "";
  }
}
