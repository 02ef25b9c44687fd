package sakd.cli;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import sakd.base.Numbers;
import sakd.data.Dataset;
import sakd.data.HeldOut;
import sakd.data.Split;
import sakd.device.Device;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.run.RunFolder;
import sakd.run.Summary;
import sakd.train.TrainSettings;
import sakd.train.Trainer;

/**
 * Prints what a training is to be, and the final table.
 *
 * @param say prints a line
 */
record TrainPrinter(Plan plan, Consumer<String> say) {
  /** Says what is trained on what, and how. */
  void describe(Device device, Dataset trainSet, Dataset testSet) {
    say.accept("device  " + device.name() + ": " + device.description());
    TrainSettings s = plan.settings();
    Split data = Pipeline.split(plan, trainSet, testSet);
    int frames = data.train().shape().frames();
    say.accept(
        String.format(
            Locale.ROOT,
            "data    %s: %d training%s and %d test %s of %dx%dx%d, %s",
            trainSet.name(),
            data.train().size(),
            data.validation() == null ? "" : ", " + data.validation().size() + " validation",
            data.test().size(),
            trainSet.recordings() ? "recordings in " + Numbers.count(frames, "frame") : "images",
            trainSet.channels(),
            trainSet.height(),
            trainSet.width(),
            Numbers.count(trainSet.classes(), "class", "classes")));
    say.accept(
        String.format(
            Locale.ROOT,
            "model   %s, activations in %s",
            plan.method() == Method.ANN
                ? plan.modelName() + ", " + Neuron.Kind.RELU.label()
                : String.format(
                    Locale.ROOT,
                    "%s, %s, T = %d%s",
                    plan.modelName(),
                    plan.neuron().label(),
                    plan.steps(),
                    plan.encoding() == Encoding.DIRECT
                        ? ""
                        : ", " + plan.encoding().label() + " encoding"),
            s.storage().label()));
    if (!plan.isSelfArchitectural()) {
      say.accept("teacher " + plan.teacherModel().annName());
    }
    say.accept(
        String.format(Locale.ROOT, "method  %s: %s", Values.lower(plan.method()), plan.losses()));
    say.accept(
        String.format(
            Locale.ROOT,
            "train   %s, lr %s %s, weight decay %s%s, batch %d, seed %d",
            s.optimizer().label(),
            Numbers.plain(s.lr()),
            s.schedule(),
            Numbers.plain(s.weightDecay().rate()),
            s.weightDecay().ofNorms() ? "" : " (not of norms and biases)",
            s.batchSize(),
            s.seed()));
  }

  /** Says what is not as the options alone would have it. */
  void notes(List<String> sentences) {
    sentences.forEach(sentence -> say.accept("note    " + sentence));
  }

  /** The time that training a network took; not known if rows of the summary were lost. */
  private static String time(Pipeline.Row row, Summary summary) {
    return row.phase() == null || summary.epochs(row.phase()) < row.epochs()
        ? "-"
        : Numbers.duration(summary.seconds(row.phase()));
  }

  /**
   * Says which epoch the weights are of and on what it was chosen; not known if rows of the summary
   * were lost.
   */
  private void best(Pipeline.Row row, RunFolder run) {
    Summary summary = run.summary();
    int epoch = summary.bestEpoch(row.phase());
    if (epoch == 0) {
      return;
    }
    boolean validated = plan.settings().heldOut() == HeldOut.VALIDATION;
    boolean early = row.epochs() < plan.epochs();
    run.result(
        String.format(
            Locale.ROOT,
            "best    epoch %d of %d, chosen on the %s images: %s %.2f %%%s%s",
            epoch,
            row.epochs(),
            plan.settings().heldOut().label(),
            row.evaluation().scores().headline().label(),
            100 * summary.best(row.phase()),
            validated || early || epoch == row.epochs()
                ? ""
                : " (the table is of epoch " + row.epochs() + ")",
            validated ? "" : "; --val-share 0.1 chooses it on images held out of training"));
  }

  /** Says what came of it: a line a network. */
  void table(List<Pipeline.Row> rows, RunFolder run) {
    run.say("");
    run.result(
        String.format(
            "%-18s %10s %12s %22s %12s",
            "network",
            rows.get(0).evaluation().scores().headline().label(),
            "firing rate",
            "operations per image",
            "time"));
    for (Pipeline.Row row : rows) {
      run.result(
          String.format(
              Locale.ROOT,
              "%-18s %8.2f %% %12s %22s %12s",
              row.name(),
              100 * row.evaluation().scores().value(),
              row.spiking()
                  ? String.format(Locale.ROOT, "%.4f", row.evaluation().activity().meanFiringRate())
                  : "-",
              row.spiking()
                  ? String.format(
                      Locale.ROOT, "%.2f M SOP", row.evaluation().synapticOperations() / 1e6)
                  : String.format(Locale.ROOT, "%.2f M MAC", row.evaluation().macs() / 1e6),
              time(row, run.summary())));
    }
    run.result("");
    run.result("weights " + run.path().resolve(Trainer.BEST));
    best(rows.get(rows.size() - 1), run);
  }
}
