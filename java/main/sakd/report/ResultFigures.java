package sakd.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import sakd.data.HeldOut;
import sakd.distill.Pipeline;
import sakd.infer.ClassificationReport;
import sakd.infer.Evaluator;
import sakd.infer.Score;
import sakd.run.Summary;

/** What came of it: a tile for each network, and the table of everything. */
record ResultFigures(List<RunResult> runs, Looks looks, Page page) {
  void add() {
    page.section("results", "Results");
    for (RunResult e : runs) {
      if (!e.run().finished()) {
        page.paragraph(
            e.run().name()
                + " was interrupted or still runs; this is what it has so far. To go on: sakd train"
                + " --resume "
                + e.run().folder());
      }
    }
    tiles();
    table();
  }

  private static Score headline(RunResult e) {
    return e.task().scores().get(0);
  }

  /** How the score that decides is called. */
  private String headlines() {
    return joined(e -> headline(e).label());
  }

  /** How that of every epoch is called. */
  private String trainingHeadlines() {
    return joined(ResultFigures::trainingHeadline);
  }

  private static String trainingHeadline(RunResult e) {
    String label = headline(e).label();
    return e.run().heldOut() == HeldOut.VALIDATION
        ? e.run().heldOut().label() + " " + label
        : label;
  }

  private String joined(Function<RunResult, String> label) {
    Set<String> labels = new LinkedHashSet<>();
    runs.forEach(e -> labels.add(label.apply(e)));
    return String.join(" or ", labels);
  }

  private static DoubleStream values(List<Summary.Row> rows, String column) {
    return rows.stream().mapToDouble(r -> r.cell(column));
  }

  private static Optional<NetworkResult> measured(RunResult e, String phase) {
    return e.results().stream().filter(f -> f.phase().equals(phase)).findFirst();
  }

  /** How the tile's score is called. */
  private static String label(RunResult e, String phase) {
    boolean tested = e.run().tested(phase).isPresent() || e.run().rows(phase).isEmpty();
    return tested ? headline(e).label() : trainingHeadline(e);
  }

  /**
   * What a network scored on the test images, where the best epoch was chosen on others; else the
   * best of training, or of a network that was not trained here what was measured.
   */
  private static double best(RunResult e, String phase) {
    OptionalDouble tested = e.run().tested(phase);
    if (tested.isPresent()) {
      return tested.getAsDouble();
    }
    return values(e.run().rows(phase), headline(e).column())
        .max()
        .orElse(measured(e, phase).map(f -> f.evaluation().scores().value()).orElse(Double.NaN));
  }

  private void tiles() {
    StringBuilder out = new StringBuilder("<div class=\"tiles\">\n");
    for (RunResult e : runs) {
      for (String phase : e.phases()) {
        out.append("<div class=\"tile ").append(looks.of(e, phase).style()).append("\"><span>");
        out.append(looks.of(e, phase).html()).append("</span><strong>");
        String best = NumberText.percent(best(e, phase));
        out.append(best.isEmpty() ? "–" : best);
        out.append("</strong> <em>").append(label(e, phase)).append("</em>");
        String more = String.join("<br/>", more(e, phase));
        out.append("<small>").append(more).append("</small></div>\n");
      }
    }
    page.html(out.append("</div>\n").toString());
  }

  private static List<String> more(RunResult e, String phase) {
    List<String> lines = new ArrayList<>();
    double behind = best(e, phase) - best(e, Pipeline.TEACHER);
    if (!phase.equals(Pipeline.TEACHER) && Double.isFinite(behind)) {
      String points = NumberText.fixed("%+.2f", 100 * behind).replace('-', '−');
      lines.add(nowrap(points + " points") + " against the teacher");
    }
    measured(e, phase)
        .ifPresent(
            f -> {
              var v = f.evaluation();
              if (f.spiking()) {
                String rate = NumberText.fixed("%.3f", v.activity().meanFiringRate());
                lines.add(nowrap("firing rate " + rate));
              }
              lines.add(nowrap(microjoules(f) + " µJ an image"));
            });
    return lines;
  }

  private static String nowrap(String text) {
    return text.replace(" ", NumberText.SPACE);
  }

  private static String microjoules(NetworkResult f) {
    var v = f.evaluation();
    return NumberText.fixed("%.2f", 1e6 * (f.spiking() ? v.snnJoules() : v.annJoules()));
  }

  private void table() {
    List<List<String>> rows = new ArrayList<>();
    runs.forEach(e -> e.phases().forEach(phase -> rows.add(row(e, phase))));
    List<String> head =
        List.of(
            "network",
            "epochs",
            "best " + trainingHeadlines(),
            "last " + trainingHeadlines(),
            "training, s",
            "images/s",
            "measured " + headlines(),
            "95" + NumberText.SPACE + "% interval",
            "firing rate",
            "million MAC",
            "million SOP",
            "µJ");
    page.figure(
        "table",
        "Every network",
        rows.isEmpty() ? TrainingFigures.NO_EPOCH : "",
        () -> Page.table(head, rows));
    page.paragraph(
        "Best and last "
            + trainingHeadlines()
            + " are those of training. The columns after images/s were measured for this page, with"
            + " the best weights on "
            + images()
            + "; operations and energy are of one image. MAC: multiply-accumulates of the ANN. SOP:"
            + " additions that spikes cause. Energy at 45 nm: 4.6 pJ a MAC and 0.9 pJ a SOP; an SNN"
            + " multiplies where its input is not spikes.");
  }

  /** How many test images there were, and how there would be more. */
  private String images() {
    Set<String> counts = new LinkedHashSet<>();
    boolean few = false;
    for (RunResult e : runs) {
      for (NetworkResult f : e.results()) {
        counts.add(Integer.toString(f.evaluation().images()));
      }
      few |= e.few();
    }
    return (counts.isEmpty() ? "some" : String.join(" or ", counts))
        + " test images"
        + (few ? ", few so that the training's end is not held up (sakd report takes more)" : "");
  }

  private List<String> row(RunResult e, String phase) {
    List<Summary.Row> epochs = e.run().rows(phase);
    Summary.Row last = epochs.isEmpty() ? null : epochs.get(epochs.size() - 1);
    List<String> cells = new ArrayList<>();
    cells.add(looks.of(e, phase).html());
    cells.add(last == null ? "" : Integer.toString(last.epoch()));
    String headline = headline(e).column();
    cells.add(NumberText.percent(values(epochs, headline).max().orElse(Double.NaN)));
    cells.add(NumberText.percent(last == null ? Double.NaN : last.cell(headline)));
    cells.add(last == null ? "" : NumberText.fixed("%.1f", values(epochs, "seconds").sum()));
    double speed = values(epochs, "images_per_second").average().orElse(Double.NaN);
    cells.add(NumberText.fixed("%.0f", speed));
    cells.addAll(measured(e, phase).map(ResultFigures::cells).orElse(List.of()));
    while (cells.size() < 12) {
      cells.add("");
    }
    return cells;
  }

  private static List<String> cells(NetworkResult f) {
    var v = f.evaluation();
    return List.of(
        NumberText.percent(v.scores().value()),
        f.pictures().isEmpty() ? interval(v) : "",
        f.spiking() ? NumberText.fixed("%.4f", v.activity().meanFiringRate()) : "",
        NumberText.fixed("%.2f", v.macs() / 1e6),
        f.spiking() ? NumberText.fixed("%.2f", v.synapticOperations() / 1e6) : "",
        microjoules(f));
  }

  /** Of a share of images, which an mIoU is not. */
  private static String interval(Evaluator.Evaluation v) {
    var interval = ClassificationReport.interval(v.scores().value(), v.images());
    return NumberText.fixed("%.2f", 100 * interval.low())
        + " to "
        + NumberText.fixed("%.2f", 100 * interval.high());
  }
}
