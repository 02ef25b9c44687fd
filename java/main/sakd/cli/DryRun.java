package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.data.Dataset;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.model.InputEncoding;
import sakd.model.NetworkSize;
import sakd.train.TrainSettings;

/**
 * What {@code train --dry-run} says of a run beyond what every run says: how large the network is,
 * how long the way is, what memory is known to be needed, and what would be written.
 *
 * @param trainSet what is learnt from
 */
record DryRun(Plan plan, Dataset trainSet, PrintWriter out) {
  /** Prints it, and the settings. */
  void print(List<ResolvedSettings.Setting> settings, Path folder) {
    long parameters = NetworkSize.parameters(plan.model(), trainSet.channels(), trainSet.classes());
    size(parameters);
    steps();
    memory(parameters);
    line("run     %s (dry run: nothing is written)", folder);
    line(
        "        args.txt, config.yaml, summary.csv, results.csv, train.log, README.md, report.html,");
    line("        TensorBoard's events, last.safetensors and best.safetensors%s", others());
    out.println();
    out.print(ConfigFile.text(settings));
    out.flush();
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  private void size(long parameters) {
    NetworkSize size =
        NetworkSize.of(
            plan.model(),
            trainSet.channels(),
            trainSet.height(),
            trainSet.width(),
            trainSet.classes(),
            plan.steps(),
            plan.method() == Method.ANN
                ? InputEncoding.DIRECT
                : InputEncoding.of(plan.encoding(), trainSet, plan.steps()));
    line(
        "size    %,d parameters, %.2f M MAC an image as an ANN%s",
        parameters,
        size.macs() / 1e6,
        plan.method() == Method.ANN
            ? ""
            : String.format(
                Locale.ROOT, ", at most %.2f M SOP as an SNN", size.synapticOperations() / 1e6));
  }

  /** The trainings of the run: epochs by phase, in order. */
  private Map<String, Integer> trainings() {
    Map<String, Integer> all = new LinkedHashMap<>();
    Method method = plan.method();
    if (plan.trainsTeacher()) {
      all.put(Pipeline.TEACHER, plan.teacherEpochs());
    }
    if (plan.compare()) {
      all.put(Pipeline.DIRECT, plan.settings().epochs());
    }
    if (method != Method.ANN) {
      all.put(Values.lower(method), plan.settings().epochs());
    }
    return all;
  }

  private void steps() {
    int batch = plan.settings().batchSize();
    long epoch = (trainSet.size() + batch - 1L) / batch;
    Map<String, Integer> trainings = trainings();
    long epochs = trainings.values().stream().mapToLong(Integer::longValue).sum();
    line(
        "steps   %,d an epoch; epochs: %s; %,d steps in all",
        epoch,
        String.join(
            ", ", trainings.entrySet().stream().map(t -> t.getKey() + " " + t.getValue()).toList()),
        epoch * epochs);
  }

  /**
   * Four bytes for each parameter: itself, its gradient, that of the micro-batches before, the
   * optimizer's state, the average.
   */
  private void memory(long parameters) {
    TrainSettings s = plan.settings();
    int moments = s.optimizer() == TrainSettings.Algorithm.ADAMW ? 2 : s.momentum() > 0 ? 1 : 0;
    int gradients = s.scale().microBatches() > 1 ? 2 : 1;
    int copies = 1 + gradients + moments + (s.emaDecay() > 0 ? 1 : 0);
    line(
        "memory  %.1f MiB for the weights that are trained, their gradients and the optimizer%s;"
            + " activations come on top",
        copies * mib(parameters),
        plan.method().needsTeacher()
            ? String.format(Locale.ROOT, ", %.1f MiB for the teacher's weights", mib(teacher()))
            : "");
  }

  private long teacher() {
    return NetworkSize.parameters(plan.teacherModel(), trainSet.channels(), trainSet.classes());
  }

  private static double mib(long parameters) {
    return Float.BYTES * parameters / (double) (1 << 20);
  }

  private String others() {
    List<String> folders =
        trainings().keySet().stream()
            .filter(t -> plan.method() != Method.ANN)
            .filter(
                t -> t.equals(Pipeline.TEACHER) || (t.equals(Pipeline.DIRECT) && plan.compare()))
            .map(t -> t + "/")
            .toList();
    return folders.isEmpty() ? "" : ", here and in " + String.join(" and ", folders);
  }
}
