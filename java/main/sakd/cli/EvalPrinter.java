package sakd.cli;

import java.io.PrintWriter;
import java.util.Locale;
import sakd.infer.Activity;
import sakd.infer.ClassificationReport;
import sakd.infer.Evaluator;
import sakd.infer.Score;

/** Prints what an evaluation found. */
record EvalPrinter(PrintWriter out, Evaluator.Evaluation result, ClassificationReport report) {
  void print(boolean spiking) {
    double top1 = result.scores().get(Score.TOP1);
    var interval = ClassificationReport.interval(top1, result.images());
    say(
        "top-1 %.2f %% (95 %% interval %.2f to %.2f), top-5 %.2f %%",
        100 * top1,
        100 * interval.low(),
        100 * interval.high(),
        100 * result.scores().get(Score.TOP5));
    if (!spiking) {
      say(
          "%.2f M multiply-accumulates and %.3f mJ per image (45 nm: %.1f pJ each)",
          result.macs() / 1e6, result.annJoules() * 1e3, Activity.MAC_JOULES * 1e12);
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
