package sakd.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import sakd.base.Numbers;
import sakd.data.Dataset;
import sakd.data.HeldOut;
import sakd.data.SampleShape;
import sakd.data.Split;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.infer.Score;
import sakd.io.Json;
import sakd.ops.Encoding;
import sakd.ops.Neuron;
import sakd.task.Task;
import sakd.train.Trainer;

/**
 * The {@code README.md} of a finished run: a model card in Hugging Face's form, whose figures are
 * the run's own.
 *
 * @param trainSet as the run trained on it
 * @param rows of the final table
 * @param settings the text of {@code config.yaml}
 * @param made one line each: versions, machine
 */
public record ModelCard(
    Plan plan,
    Dataset trainSet,
    Dataset testSet,
    List<Pipeline.Row> rows,
    Summary summary,
    String settings,
    List<String> made) {
  /** Classes that are named one by one. */
  private static final int NAMED = 20;

  private static final String PAPER =
      "Qiu et al., *Self-architectural knowledge distillation for spiking neural networks*,"
          + " Neural Networks 178:106475, 2024";

  /** The network that the card is about: the last row. */
  private Pipeline.Row result() {
    return rows.get(rows.size() - 1);
  }

  private Task task() {
    return Task.of(trainSet);
  }

  private Score headline() {
    return task().scores().get(0);
  }

  private String model() {
    return plan.modelName();
  }

  /** The card, in Markdown. */
  public String text() {
    List<String> lines = new ArrayList<>();
    metadata(lines);
    add(lines, "# %s on %s", model(), trainSet.name());
    add(lines, "");
    lines.add(what());
    section(lines, "Results");
    table(lines);
    section(lines, "Data");
    data(lines);
    section(lines, "Method");
    method(lines);
    section(lines, "Use");
    new LoadingLines(plan, trainSet, !settings.contains("\ndata-path: ")).addTo(lines);
    section(lines, "Settings");
    lines.add("`sakd train --config config.yaml` trains so again.");
    lines.add("");
    lines.add("```yaml");
    lines.addAll(settings.lines().toList());
    lines.add("```");
    section(lines, "Made with");
    made.forEach(line -> lines.add("- " + line));
    return String.join("\n", lines) + "\n";
  }

  private static void section(List<String> lines, String title) {
    lines.addAll(List.of("", "## " + title, ""));
  }

  private static void add(List<String> lines, String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values));
  }

  /** The front matter, by which the Hub finds and shows a model; the licence is its owner's. */
  private void metadata(List<String> lines) {
    String pipeline =
        switch (task()) {
          case CLASSIFICATION -> "image-classification";
          case SEGMENTATION -> "image-segmentation";
          case DETECTION -> "object-detection";
        };
    String metric =
        switch (task()) {
          case CLASSIFICATION -> "accuracy";
          case SEGMENTATION -> "mean_iou";
          case DETECTION -> "mean_average_precision";
        };
    String set = Json.format(trainSet.name());
    lines.addAll(List.of("---", "library_name: sakd", "pipeline_tag: " + pipeline, "tags:"));
    if (result().spiking()) {
      lines.addAll(List.of("- spiking-neural-network", "- knowledge-distillation"));
    }
    lines.addAll(List.of("- " + pipeline, "datasets:", "- " + set, "metrics:", "- " + metric));
    add(lines, "model-index:");
    add(lines, "- name: %s", model());
    lines.addAll(List.of("  results:", "  - task:", "      type: " + pipeline));
    lines.addAll(List.of("    dataset:", "      type: " + set, "      name: " + set));
    lines.addAll(List.of("    metrics:", "    - type: " + metric));
    add(lines, "      name: %s", headline().label());
    add(
        lines,
        "      value: %s",
        validated() ? result().evaluation().scores().value() : summary.best(result().phase()));
    lines.addAll(List.of("---", ""));
  }

  private String what() {
    String does =
        switch (task()) {
          case CLASSIFICATION ->
              "classifies " + (trainSet.recordings() ? "recordings" : "pictures");
          case SEGMENTATION -> "finds the class of every pixel of a picture";
          case DETECTION -> "finds objects in pictures";
        };
    if (!result().spiking()) {
      return "An ordinary network (ANN) that " + does + ".";
    }
    Neuron n = plan.neuron();
    return String.format(
        Locale.ROOT,
        "A spiking neural network (%s neurons, T = %d time steps) that %s; its output is the mean"
            + " over time.",
        n.label(),
        plan.steps(),
        does);
  }

  private void table(List<String> lines) {
    List<Score> scores = task().scores();
    StringBuilder head = new StringBuilder("| network |");
    scores.forEach(s -> head.append(' ').append(s.label()).append(" |"));
    head.append(" firing rate | operations per image | epochs | time |");
    lines.add(head.toString());
    lines.add("|---|" + "---:|".repeat(scores.size() + 4));
    for (Pipeline.Row row : rows) {
      StringBuilder cells = new StringBuilder("| " + row.name() + " |");
      for (Score s : scores) {
        cells.append(
            String.format(Locale.ROOT, " %.2f %% |", 100 * row.evaluation().scores().get(s)));
      }
      boolean here = row.phase() != null && summary.epochs(row.phase()) >= row.epochs();
      cells.append(
          String.format(
              Locale.ROOT,
              row.spiking() ? " %.4f | %.2f M SOP |" : " | %2$.2f M MAC |",
              row.spiking() ? row.evaluation().activity().meanFiringRate() : 0,
              (row.spiking() ? row.evaluation().synapticOperations() : row.evaluation().macs())
                  / 1e6));
      cells.append(
          here
              ? String.format(
                  " %d | %s |", row.epochs(), Numbers.duration(summary.seconds(row.phase())))
              : " | |");
      lines.add(cells.toString());
    }
    lines.add("");
    int best = summary.bestEpoch(result().phase());
    if (validated()) {
      add(
          lines,
          "Scores on %,d test samples, on which nothing was chosen: a network trained here has the weights of the"
              + " epoch whose %s on %,d validation samples, cut from the training set, was the best."
              + " `%s` holds those of epoch %d: %.2f %% on the validation samples.",
          testSet.size(),
          headline().label(),
          split().validation().size(),
          Trainer.BEST,
          best,
          100 * summary.best(result().phase()));
      return;
    }
    add(
        lines,
        "Scores on %,d test samples after the last epoch%s. `%s` holds the weights of epoch %d, whose"
            + " %s on the same samples was the best: %.2f %%. It was chosen on them: `--val-share 0.1`"
            + " chooses on samples held out of training.",
        testSet.size(),
        stoppedEarly() ? ", or after the best one where training was stopped early" : "",
        Trainer.BEST,
        best,
        headline().label(),
        100 * summary.best(result().phase()));
  }

  private boolean validated() {
    return plan.settings().heldOut() == HeldOut.VALIDATION;
  }

  private Split split() {
    return Pipeline.split(plan, trainSet, testSet);
  }

  private boolean stoppedEarly() {
    return rows.stream()
        .anyMatch(r -> r.spiking() && r.phase() != null && r.epochs() < plan.settings().epochs());
  }

  private void data(List<String> lines) {
    SampleShape s = trainSet.shape();
    Split split = split();
    List<String> names = trainSet.classNames();
    add(
        lines,
        "%s: %,d training%s and %,d test %s of %d channel%s, %d rows and %d columns, in %d classes%s.",
        trainSet.name(),
        split.train().size(),
        validated()
            ? String.format(Locale.ROOT, ", %,d validation", split.validation().size())
            : "",
        testSet.size(),
        trainSet.recordings() ? "recordings in frames" : "pictures",
        s.channels(),
        s.channels() == 1 ? "" : "s",
        s.height(),
        s.width(),
        names.size(),
        names.size() <= NAMED ? ": " + String.join(", ", names) : "");
    lines.add("");
    add(
        lines,
        "Pixels are divided by 255, then normalised with mean %s and standard deviation %s.",
        numbers(trainSet.info().mean()),
        numbers(trainSet.info().std()));
    if (result().spiking() && plan.encoding() != Encoding.DIRECT) {
      lines.add("");
      add(
          lines,
          "The network sees spikes of pixels in [0, 1] (%s encoding), to which normalisation is not"
              + " applied; its files say so, and `sakd eval` and `predict` encode alike.",
          plan.encoding().label());
    }
  }

  private static String numbers(float[] values) {
    return String.join(
        ", ", IntStream.range(0, values.length).mapToObj(i -> Numbers.plain(values[i])).toList());
  }

  private void method(List<String> lines) {
    Method method = plan.method();
    String ann =
        plan.isSelfArchitectural()
            ? "ANN of the same architecture"
            : "ANN of another architecture (" + plan.teacherModel().annName() + ")";
    String teacher =
        plan.trainsTeacher()
            ? ", by an " + ann + " that was trained first"
            : ", by a trained " + ann;
    String how =
        switch (method) {
          case SAKD ->
              plan.isSelfArchitectural()
                  ? "Self-architectural knowledge distillation (SAKD) from an ANN of the same"
                      + " architecture: its weights are transferred, then the student follows its"
                      + " logits and features ("
                      + PAPER
                      + ")."
                  : "Taught by logits and features, as in level 2 of SAKD ("
                      + PAPER
                      + ")"
                      + teacher
                      + "; no weights are transferred.";
          case DIRECT -> "Trained on the labels alone.";
          case ANN -> "Trained on the labels.";
          case TRANSFER -> "The ANN's weights are transferred, then trained on the labels.";
          case LOGITS -> "Taught by its logits" + teacher + ".";
          case FEATURES -> "Taught by its features" + teacher + ".";
        };
    lines.add(how);
    lines.add("");
    add(lines, "Losses: %s.", plan.losses());
    if (method != Method.ANN) {
      Neuron n = plan.neuron();
      lines.add("");
      add(
          lines,
          "Neuron: %s, tau %s, threshold %s, %s reset, the input is %sdivided by tau; surrogate %s,"
              + " alpha %s.",
          n.label(),
          Numbers.plain(n.tau()),
          Numbers.plain(n.vThreshold()),
          Float.isNaN(n.vReset()) ? "soft" : "hard",
          n.decayInput() ? "" : "not ",
          n.surrogate().name().toLowerCase(Locale.ROOT),
          Numbers.plain(n.alpha()));
    }
  }
}
