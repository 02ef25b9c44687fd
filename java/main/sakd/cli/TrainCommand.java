package sakd.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import sakd.device.CompilerStopped;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.io.UserError;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.Listener;
import sakd.train.Listeners;
import sakd.train.RunFolder;
import sakd.train.RunFolder.Printed;
import sakd.train.TensorBoardListener;
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
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd train",
      "sakd train --data-path cifar-10-batches-bin --model spiking-resnet18",
      "sakd train @cifar10-resnet18-sakd --data-path cifar-10-batches-bin --epochs 30",
      "sakd train --resume runs/20260101-120000-spiking-resnet18"
    })
final class TrainCommand implements Callable<Integer> {
  private static final String RESUME = "--resume";
  private static final String QUIET = "--quiet";

  @Mixin private DataOptions data;
  @Mixin private AugmentOptions augment;
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;
  @Mixin private DistillOptions distill;
  @Mixin private PartialOption partial;
  @Mixin private OptimizerOptions optimizer;

  @Option(
      names = "--output-dir",
      paramLabel = "DIR",
      description = "Run directory (default: runs/TIME-MODEL).")
  private Path outputDir;

  @Option(
      names = RESUME,
      paramLabel = "RUN",
      description = "Go on with an interrupted run, with the settings it was started with.")
  private Path resume;

  @Option(
      names = QUIET,
      description = "Print errors and the final table only; train.log has every line.")
  private boolean quiet;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    List<String> given = spec.commandLine().getParseResult().expandedArgs();
    if (resume == null) {
      return ofCommandLine(withoutCommand(given), false, outputDir);
    }
    boolean alone =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .allMatch(o -> List.of(RESUME, QUIET, Main.VERBOSE).contains(o.longestName()));
    if (!alone) {
      throw new UserError(
          RESUME
              + " goes on with the settings in "
              + resume
              + "/args.txt; expected no other option beside it, leave them out");
    }
    List<String> args = RunFolder.args(resume);
    TrainCommand first;
    try {
      first = parsed(args, spec.commandLine().getOut(), spec.commandLine().getErr());
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
    first.quiet = quiet;
    return first.ofCommandLine(args, true, resume);
  }

  /** A run that Ctrl-C may stop; the exit code. */
  private int ofCommandLine(List<String> args, boolean resuming, Path folder) {
    try (Interrupt interrupt = new Interrupt()) {
      train(args, resuming, folder, data.open(true), data.open(false), interrupt);
      return 0;
    } catch (Interrupt.Stopped e) {
      return e.code();
    }
  }

  /** Arguments without the command's name, in which recipes are spelt out already. */
  private static TrainCommand parsed(List<String> args, PrintWriter out, PrintWriter err) {
    TrainCommand command = new TrainCommand();
    CommandLine line = new CommandLine(command).setOut(out).setErr(err);
    Values.register(line);
    line.setExpandAtFiles(false);
    line.parseArgs(args.toArray(String[]::new));
    return command;
  }

  /** As {@link Main#train}. */
  static List<Pipeline.Row> train(
      List<String> args, Path folder, Dataset trainSet, Dataset testSet, PrintWriter out) {
    boolean resuming = RunFolder.isRun(folder);
    if (resuming && !RunFolder.args(folder).equals(args)) {
      throw new UserError(
          folder
              + " holds a run of other settings ("
              + String.join(" ", RunFolder.args(folder))
              + "); expected a new folder or the same settings, give another folder");
    }
    try {
      TrainCommand command = parsed(args, out, new PrintWriter(System.err, true, UTF_8));
      if (command.outputDir != null || command.resume != null) {
        throw new UserError(
            "--output-dir and --resume are not for programs; expected the run directory beside the"
                + " options, leave them out");
      }
      return command.train(
          args,
          resuming,
          folder,
          trainSet == null ? command.data.open(true) : trainSet,
          testSet == null ? command.data.open(false) : testSet,
          null);
    } catch (CommandLine.ParameterException e) {
      throw new UserError(Suggestions.problem(e), e);
    }
  }

  /** Runs; {@code interrupt} is null where Ctrl-C is the program's own business. */
  private List<Pipeline.Row> train(
      List<String> args,
      boolean resuming,
      Path folder,
      Dataset images,
      Dataset testSet,
      Interrupt interrupt) {
    PrintWriter out = spec.commandLine().getOut();
    Dataset trainSet = augment.applyTo(images);
    try (Ops ops = device.open()) {
      Plan plan = plan(ops, trainSet);
      // A run that cannot start leaves no folder.
      Pipeline.check(plan, trainSet);
      RunFolder run =
          resuming
              ? RunFolder.open(folder, out)
              : RunFolder.create(folder == null ? folder(plan) : folder, args, out);
      boolean withBar =
          interrupt != null && !quiet && ((Main) spec.root().userObject()).onTerminal();
      run = run.printing(quiet ? Printed.RESULTS : withBar ? Printed.EPOCHS : Printed.STEPS);
      run.say("device  " + ops.device().name() + ": " + ops.device().description());
      describe(plan, trainSet, testSet, run);
      try (TrainingBar bar = withBar ? bar(ops) : null;
          TensorBoardListener events = new TensorBoardListener(RunFolder.args(run.path()))) {
        List<Listener> listeners = new ArrayList<>(List.of(run, events));
        if (interrupt != null) {
          listeners.add(interrupt);
        }
        if (withBar) {
          // It makes way for the lines of the others.
          listeners.add(0, bar);
        }
        List<Pipeline.Row> rows =
            new Pipeline(
                    ops, plan, trainSet, testSet, run.path(), new Listeners(listeners), run::say)
                .run(resuming);
        table(rows, run);
        return rows;
      } catch (Interrupt.Stopped e) {
        run.result("stopped in " + e.getMessage() + "; go on with: train --resume " + run.path());
        throw e;
      } catch (CompilerStopped e) {
        run.result("stopped while kernels were compiled; go on with: train --resume " + run.path());
        throw new Interrupt.Stopped(e.getMessage(), e.status());
      }
    }
  }

  private static TrainingBar bar(Ops ops) {
    return new TrainingBar(
        System.out, TrainingBar.terminalWidth(), () -> ops.memoryReport().peak());
  }

  private static List<String> withoutCommand(List<String> args) {
    List<String> rest = new ArrayList<>(args);
    rest.remove("train");
    rest.remove(Main.VERBOSE);
    rest.remove(QUIET);
    return rest;
  }

  private static Path folder(Plan plan) {
    return Path.of(
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
    run.result(
        String.format(
            "%-18s %10s %12s %22s %9s",
            "network", "top-1", "firing rate", "operations per image", "seconds"));
    for (Pipeline.Row row : rows) {
      run.result(
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
    run.result("");
    run.result("weights " + run.path().resolve("best.safetensors"));
  }
}
