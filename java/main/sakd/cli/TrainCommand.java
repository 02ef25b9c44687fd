package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import sakd.data.Dataset;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.io.UserError;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.RunFolder;
import sakd.train.TrainSettings;

/** {@code train}: the whole of SAKD, or one method of it. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a spiking network by SAKD: teacher, weight transfer, distillation.",
      "Without options it does so on the bundled images, and for comparison trains the same "
          + "student directly, for as many epochs."
    })
final class TrainCommand implements Callable<Integer> {
  private static final String RESUME = "--resume";

  @Mixin private DataOptions data;
  @Mixin private AugmentOptions augment;
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;
  @Mixin private DistillOptions distill;
  @Mixin private PartialOption partial;
  @Mixin private OptimizerOptions optimizer;

  @Option(names = "--output-dir", description = "Run directory (default: runs/TIME-MODEL).")
  private Path outputDir;

  @Option(
      names = RESUME,
      paramLabel = "RUN",
      description = "Go on with an interrupted run, with the settings it was started with.")
  private Path resume;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    List<String> given = spec.commandLine().getParseResult().expandedArgs();
    if (resume == null) {
      return train(given, false, null);
    }
    boolean alone =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .allMatch(o -> List.of(RESUME, Main.VERBOSE).contains(o.longestName()));
    if (!alone) {
      throw new UserError(
          RESUME
              + " goes on with the settings in "
              + resume
              + "/args.txt; expected no other option beside it, leave them out");
    }
    TrainCommand first = new TrainCommand();
    CommandLine line = new CommandLine(first);
    Values.register(line);
    // What recipes said is in args.txt already.
    line.setExpandAtFiles(false);
    List<String> args = RunFolder.args(resume);
    try {
      line.parseArgs(args.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new UserError(
          "cannot go on with "
              + resume
              + "/args.txt: "
              + Suggestions.problem(e)
              + "; expected the options the run was started with, restore the file",
          e);
    }
    first.spec = spec;
    return first.train(args, true, resume);
  }

  private int train(List<String> args, boolean resuming, Path folder) {
    PrintWriter out = spec.commandLine().getOut();
    Dataset trainSet = augment.applyTo(data.open(true));
    Dataset testSet = data.open(false);
    try (Ops ops = device.open()) {
      Plan plan = plan(ops, trainSet);
      // A run that cannot start leaves no folder.
      Pipeline.check(plan, trainSet);
      RunFolder run =
          resuming
              ? RunFolder.open(folder, out)
              : RunFolder.create(folder(plan), withoutCommand(args), out);
      run.say("device  " + ops.device().name() + ": " + ops.device().description());
      describe(plan, trainSet, testSet, run);
      List<Pipeline.Row> rows =
          new Pipeline(ops, plan, trainSet, testSet, run.path(), run, run::say).run(resuming);
      table(rows, run);
    }
    return 0;
  }

  private static List<String> withoutCommand(List<String> args) {
    List<String> rest = new ArrayList<>(args);
    rest.remove("train");
    rest.remove(Main.VERBOSE);
    return rest;
  }

  private Path folder(Plan plan) {
    return outputDir != null
        ? outputDir
        : Path.of(
            "runs",
            LocalDateTime.now(ZoneId.systemDefault())
                    .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"))
                + "-"
                + plan.model().name());
  }

  private Plan plan(Ops ops, Dataset trainSet) {
    boolean small = data.bundled();
    Neuron kind = neuron.neuron(Neuron.LIF);
    if (!kind.kind().isSpiking()) {
      throw new UserError(
          "--neuron is relu, which is the teacher's; expected lif, if or plif for the student,"
              + " give one of them");
    }
    Method method = distill.method();
    return new Plan(
        model.forImages(trainSet.height()),
        kind,
        neuron.steps(kind, 4),
        method,
        distill.method == null,
        distill.teacher,
        distill.init,
        partial.allowed,
        distill.weights(small),
        distill.form(kind.vThreshold()),
        distill.transformKernel(),
        optimizer.settings(
            small,
            method.needsTeacher() && distill.teacher == null,
            augment.mixing(),
            device.storage(ops)),
        optimizer.teacherEpochs(small));
  }

  private static void describe(Plan plan, Dataset trainSet, Dataset testSet, RunFolder run) {
    TrainSettings s = plan.settings();
    int frames = trainSet.inSteps(plan.steps()).shape().frames();
    run.say(
        String.format(
            Locale.ROOT,
            "data    %s: %d training and %d test %s of %dx%dx%d, %d classes",
            trainSet.name(),
            trainSet.size(),
            testSet.size(),
            frames > 1 ? "recordings in " + frames + " frames" : "images",
            trainSet.channels(),
            trainSet.height(),
            trainSet.width(),
            trainSet.classes()));
    run.say(
        String.format(
            Locale.ROOT,
            "model   %s, %s, T = %d, activations in %s",
            plan.model().name(),
            plan.neuron().kind(),
            plan.steps(),
            s.storage()));
    run.say(
        String.format(
            Locale.ROOT,
            "method  %s: ce %s, logits %s (temperature %s), features %s",
            plan.method().name().toLowerCase(Locale.ROOT),
            plan.weights().start().ce(),
            plan.weights().start().logits(),
            plan.weights().start().temperature(),
            plan.weights().start().features()));
    run.say(
        String.format(
            Locale.ROOT,
            "train   %s, lr %s %s, weight decay %s, batch %d, seed %d",
            s.optimizer(),
            s.lr(),
            s.schedule(),
            s.weightDecay(),
            s.batchSize(),
            s.seed()));
    run.say("run     " + run.path());
  }

  private static void table(List<Pipeline.Row> rows, RunFolder run) {
    run.say("");
    run.say(
        String.format(
            "%-18s %10s %12s %22s %9s",
            "network", "top-1", "firing rate", "operations per image", "seconds"));
    for (Pipeline.Row row : rows) {
      run.say(
          String.format(
              Locale.ROOT,
              "%-18s %8.2f %% %12s %22s %9s",
              row.name(),
              100 * row.evaluation().top1(),
              row.spiking()
                  ? String.format(Locale.ROOT, "%.4f", row.evaluation().activity().meanFiringRate())
                  : "-",
              row.spiking()
                  ? String.format(
                      Locale.ROOT, "%.2f M SOP", row.evaluation().synapticOperations() / 1e6)
                  : String.format(Locale.ROOT, "%.2f M MAC", row.evaluation().macs() / 1e6),
              row.phase() == null
                  ? "-"
                  : String.format(Locale.ROOT, "%.1f", run.seconds(row.phase()))));
    }
    run.say("");
    run.say("weights " + run.path().resolve("best.safetensors"));
  }
}
