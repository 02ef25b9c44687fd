package sakd.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import sakd.base.Numbers;
import sakd.data.Dataset;
import sakd.infer.Activity;
import sakd.infer.BoxMeter;
import sakd.infer.ClassificationReport;
import sakd.infer.DetailMeter;
import sakd.infer.Evaluator;
import sakd.infer.PixelConfusion;
import sakd.infer.Score;
import sakd.model.ModelFile;

/**
 * Prints what an evaluation found, for people.
 *
 * @param about the network
 * @param set what it was evaluated on
 */
record EvalPrinter(PrintWriter out, ModelFile about, Dataset set, Evaluator.Evaluation result) {
  /** All of it. */
  void print(DetailMeter report) {
    say(
        "%s, %s, T = %d%s, on %s of %s",
        about.name(),
        about.neuron().label(),
        about.steps(),
        spiking() && about.encoding().isSpikes()
            ? ", " + about.encoding().code().label() + " encoding"
            : "",
        Numbers.count(result.images(), "image"),
        set.name());
    if (report instanceof ClassificationReport classes) {
      accuracy(classes);
    } else if (report instanceof PixelConfusion pixels) {
      overlap(pixels, set.classNames());
    } else if (report instanceof BoxMeter boxes) {
      precision(boxes, set.classNames());
    }
    operations();
  }

  private boolean spiking() {
    return about.neuron().kind().isSpiking();
  }

  /** Accuracy, and of an SNN that after every number of steps. */
  private void accuracy(ClassificationReport report) {
    double top1 = result.scores().get(Score.TOP1);
    var interval = ClassificationReport.interval(top1, result.images());
    say(
        "top-1 %.2f %% (95 %% interval %.2f to %.2f), top-5 %.2f %%",
        100 * top1,
        100 * interval.low(),
        100 * interval.high(),
        100 * result.scores().get(Score.TOP5));
    if (!spiking()) {
      return;
    }
    StringBuilder steps = new StringBuilder("steps  ");
    StringBuilder accuracies = new StringBuilder("top-1  ");
    for (int t = 1; t <= report.steps(); t++) {
      steps.append(String.format(Locale.ROOT, "%8d", t));
      accuracies.append(String.format(Locale.ROOT, "%8.2f", 100 * report.top1(t)));
    }
    out.println(steps);
    out.println(accuracies);
  }

  /** How well truth and prediction of pixels overlap, of all classes and of each. */
  private void overlap(PixelConfusion report, List<String> classNames) {
    say(
        "mIoU %.2f %%, pixel accuracy %.2f %%",
        100 * result.scores().get(Score.MIOU), 100 * result.scores().get(Score.PIXEL_ACCURACY));
    say("  %-26s %12s %12s %14s", "class", "IoU %", "accuracy %", "pixels");
    for (int k = 0; k < classNames.size(); k++) {
      say(
          "  %-26s %12s %12s %14d",
          classNames.get(k), percent(report.iou(k)), percent(report.accuracy(k)), report.pixels(k));
    }
  }

  /** How well objects are found: COCO's figures, and the precision of each class. */
  private void precision(BoxMeter report, List<String> classNames) {
    say("%-44s %8s", "COCO's figures", "%");
    report.coco().figures().forEach((f, value) -> say("%-44s %8s", f.label(), share(value)));
    say("%-44s %8s", "VOC's AP, mean over classes", share(report.voc().mean()));
    say("  %-26s %12s %12s", "class", "AP50 %", "VOC's %");
    for (int k = 1; k < classNames.size(); k++) {
      double ap50 = report.coco().ap50(k);
      if (ap50 >= 0) {
        say("  %-26s %12s %12s", classNames.get(k), share(ap50), share(report.voc().ap(k)));
      }
    }
  }

  /** In per cent; a dash where there is nothing it could be of. */
  private static String share(double value) {
    return percent(value < 0 ? Double.NaN : value);
  }

  /** A dash for a class that has none. */
  private static String percent(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.2f", 100 * share);
  }

  /** What the network did for an image, and what it costs. */
  private void operations() {
    if (!spiking()) {
      say(
          "%.2f M multiply-accumulates and %.3f mJ per image (45 nm: %.1f pJ each)",
          result.macs() / 1e6, result.annJoules() * 1e3, Activity.MAC_JOULES * 1e12);
      return;
    }
    say(
        "energy per image (45 nm: MAC %.1f pJ, SOP %.1f pJ): SNN %.4f mJ, ANN %.4f mJ",
        Activity.MAC_JOULES * 1e12,
        Activity.SOP_JOULES * 1e12,
        result.snnJoules() * 1e3,
        result.annJoules() * 1e3);
    say(
        "mean firing rate %.4f, %.2f M synaptic operations per image",
        result.activity().meanFiringRate(), result.synapticOperations() / 1e6);
    result.activity().firingRates().forEach((name, rate) -> say("  %-26s %.4f", name, rate));
    say("  %-26s %12s %12s %12s", "M operations per image", "ANN MAC", "SNN MAC", "SNN SOP");
    result
        .activity()
        .layers()
        .forEach(
            (name, layer) ->
                say(
                    "  %-26s %12.3f %12.3f %12.3f",
                    name,
                    layer.macs() / result.images() / 1e6,
                    layer.realMacs() / result.images() / 1e6,
                    layer.synapticOperations() / result.images() / 1e6));
  }

  private void say(String format, Object... values) {
    out.printf(Locale.ROOT, format + "%n", values);
  }
}
