package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.distill.Method;
import sakd.distill.OtherTeacher;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.distill.PlanCheck;
import sakd.model.NetworkSpec;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ranks.World;
import sakd.run.RunArguments;
import sakd.run.RunFolder;
import sakd.run.RunFolder.Printed;
import sakd.run.SummaryColumns;
import sakd.task.Task;
import sakd.train.Listener;

/** {@code train}: the whole of SAKD, or one method of it. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Trains a spiking network by SAKD: teacher, weight transfer, distillation.",
      "Without options it uses the bundled images and, for comparison, also trains the same "
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
  static final String RESUME = "--resume";
  static final String QUIET = "--quiet";
  static final String CONFIG = "--config";
  static final String OUTPUT_DIR = "--output-dir";

  @Mixin private DataOptions data;
  @Mixin private AugmentOptions augment;
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private InputOptions input;
  @Mixin private DeviceOptions device;
  @Mixin private DistillOptions distill;
  @Mixin private PartialOption partial;
  @Mixin private FurtherLossOptions further;
  @Mixin private OptimizerOptions optimizer;
  @Mixin private ScheduleOptions schedule;
  @Mixin private RankOptions processes;
  @Mixin private ScaleOptions scale;

  @Option(
      names = OUTPUT_DIR,
      paramLabel = "DIR",
      description = "Run directory (default: runs/TIME-MODEL).")
  private Path outputDir;

  @Option(
      names = CONFIG,
      paramLabel = "FILE",
      description =
          "Settings from a file, key: value a line, as a run's config.yaml has them; those on the "
              + "command line win, and so do those of an @recipe.")
  private Path config;

  @Option(
      names = RESUME,
      paramLabel = "RUN",
      description =
          "Go on with a run, with the settings it was started with; beside it only --epochs and "
              + "--teacher-epochs, for more of them (the learning rate then follows the schedule "
              + "over the new number from the next epoch on), and --patience.")
  private Path resume;

  @Option(
      names = "--dry-run",
      description =
          "Check settings, data, files and device, print what would be trained and written, and "
              + "stop before anything is.")
  private boolean dryRun;

  @Option(
      names = QUIET,
      description = "Print errors and the final table only; train.log has every line.")
  private boolean quiet;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  /** Whose options are the fields of this object; {@link #spec} may be another command line's. */
  private CommandLine.Model.CommandSpec own;

  @Override
  public Integer call() {
    Ranks ranks = ((Main) spec.root().userObject()).ranks();
    ranks.world().patience(processes.seconds());
    if (!ranks.first()) {
      SharedArguments shared = SharedArguments.of(ranks.world().broadcast(new byte[0]));
      return by(shared.args(), shared.from()).ofCommandLine(shared, null, ranks);
    }
    List<String> args = withoutCommand(spec.commandLine().getParseResult().expandedArgs());
    Path here = Path.of("");
    if (resume != null) {
      Resumption resumption = Resumption.of(resume, spec.commandLine());
      SharedArguments shared = new SharedArguments(true, resumption.from(), resumption.args());
      return onBehalf(resumption.command()).ofCommandLine(shared, resume, ranks);
    }
    if (config != null) {
      args = ConfigFile.spelt(args, spec.commandLine().getParseResult(), config);
      TrainCommand command = by(args, here);
      SharedArguments shared = new SharedArguments(false, here, args);
      return command.ofCommandLine(shared, command.outputDir, ranks);
    }
    own = spec;
    return ofCommandLine(new SharedArguments(false, here, args), outputDir, ranks);
  }

  /** The command of other arguments, as this command line has it run. */
  private TrainCommand by(List<String> args, Path from) {
    CommandLine line = spec.commandLine();
    return onBehalf(parsed(args, from, line.getOut(), line.getErr()));
  }

  private TrainCommand onBehalf(TrainCommand command) {
    command.spec = spec;
    command.quiet = quiet;
    command.processes = processes;
    return command;
  }

  /** A run that Ctrl-C may stop; the exit code. */
  private int ofCommandLine(SharedArguments shared, Path folder, Ranks ranks) {
    World world = ranks.world();
    if (processes.devices() > 1 && world.size() == 1 && !dryRun) {
      List<String> each = new ArrayList<>(spec.commandLine().getParseResult().expandedArgs());
      each.remove("train");
      each.add(0, "train");
      return RankLauncher.run(
          processes.devices(), device.kind(), Arguments.without(RankOptions.DEVICES, each));
    }
    processes.requireOneLauncher(world);
    if (ranks.first()) {
      world.broadcast(shared.bytes());
    }
    try (Interrupt interrupt = new Interrupt(world)) {
      train(
          shared.args(),
          shared.resuming(),
          folder,
          data.open(true),
          data.open(false),
          interrupt,
          null,
          ranks);
      return 0;
    } catch (Interrupt.Stopped e) {
      return e.code();
    }
  }

  /**
   * Arguments without the command's name, in which recipes are spelt out already.
   *
   * @param from the folder that relative paths are from; empty for the current one
   */
  static TrainCommand parsed(List<String> args, Path from, PrintWriter out, PrintWriter err) {
    TrainCommand command = new TrainCommand();
    CommandLine line = new CommandLine(command).setOut(out).setErr(err);
    Values.register(line);
    Values.pathsFrom(from, line);
    line.setExpandAtFiles(false);
    line.parseArgs(args.toArray(String[]::new));
    command.own = line.getCommandSpec();
    return command;
  }

  /** The files that relative paths among the arguments name, but for the run directory. */
  List<Path> relativePaths() {
    return spec.commandLine().getParseResult().matchedOptions().stream()
        .filter(o -> !o.longestName().equals(OUTPUT_DIR))
        .<Object>map(OptionSpec::getValue)
        .map(value -> value instanceof TeacherSource source ? source.path() : value)
        .filter(value -> value instanceof Path path && !path.isAbsolute())
        .map(Path.class::cast)
        .toList();
  }

  /** Epochs of the teacher, if one is trained to teach a student. */
  Optional<Integer> teacherEpochs() {
    return method().needsTeacher() && distill.trainsTeacher(method())
        ? Optional.of(optimizer.teacherEpochs(data.bundled()))
        : Optional.empty();
  }

  /** Whether the samples are recordings, whose steps an ANN sees too. */
  boolean recordings() {
    return data.open(false).recordings();
  }

  /** What is trained. */
  Method method() {
    return distill.method(model);
  }

  /** Epochs of the student, or of the ANN where that alone is trained. */
  int epochs() {
    return method() == Method.ANN
        ? optimizer.teacherEpochs(data.bundled())
        : optimizer.studentEpochs(data.bundled());
  }

  /** The options that were given, with their values as they were typed. */
  List<OptionSpec> given() {
    return spec.commandLine().getParseResult().matchedOptions();
  }

  /** As {@link Main#train}. */
  static List<Pipeline.Row> train(
      List<String> given,
      Path folder,
      Dataset trainSet,
      Dataset testSet,
      NetworkSpec network,
      PrintWriter out,
      Listener listener) {
    try {
      List<String> args = given;
      TrainCommand command = parsed(args, Path.of(""), out, out);
      if (command.outputDir != null
          || command.resume != null
          || command.dryRun
          || command.processes.devices() > 1) {
        throw new UserError(
            "--output-dir, --resume, --dry-run and --devices are options of the command line;"
                + " expected the run directory as the argument of train, leave them out");
      }
      if (command.config != null) {
        args = ConfigFile.spelt(args, command.own.commandLine().getParseResult(), command.config);
        command = parsed(args, Path.of(""), out, out);
      }
      command.model.program = network;
      boolean resuming = RunArguments.areIn(folder);
      if (resuming && !RunArguments.of(folder).equals(args)) {
        throw new UserError(
            folder
                + " holds a run with other settings ("
                + String.join(" ", RunArguments.of(folder))
                + "); expected a new folder or the same settings, give another folder");
      }
      return command.train(
          args,
          resuming,
          folder,
          trainSet == null ? command.data.open(true) : trainSet,
          testSet == null ? command.data.open(false) : testSet,
          null,
          listener,
          Ranks.NONE);
    } catch (CommandLine.ParameterException e) {
      throw new UserError(Suggestions.problem(e), e);
    }
  }

  /**
   * Runs.
   *
   * @param interrupt null where Ctrl-C is the program's own business
   * @param listener hears how it goes; null if nobody does
   * @param ranks the processes that train together
   */
  private List<Pipeline.Row> train(
      List<String> args,
      boolean resuming,
      Path folder,
      Dataset images,
      Dataset testSet,
      Interrupt interrupt,
      Listener listener,
      Ranks ranks) {
    Dataset trainSet = augment.applyTo(images);
    try (Ops ops = device.open(ranks.world())) {
      Plan plan = plan(ops, trainSet);
      // A run that cannot start leaves no folder.
      PlanCheck.check(plan, trainSet, testSet, ops.ranks());
      if (plan.method() != Method.ANN) {
        ops.checkNeuron(plan.neuron());
      }
      Optional<PublishedTeacher> published = PublishedTeacher.of(distill.teacher, plan);
      published.ifPresent(teacher -> teacher.require(trainSet));
      Optional<PublishedTeacher> missing = published.filter(teacher -> !teacher.isHere());
      if (!dryRun) {
        missing.ifPresent(teacher -> teacher.fetch(spec.commandLine().getErr()::println));
      }
      if (!dryRun || missing.isEmpty()) {
        PlanCheck.checkTeacher(plan, trainSet);
      }
      List<String> notes = new ArrayList<>(OtherTeacher.notes(plan, trainSet));
      published.ifPresent(teacher -> notes.addAll(teacher.notes(trainSet)));
      List<ResolvedSettings.Setting> settings = ResolvedSettings.of(own, plan, trainSet, ops);
      if (dryRun) {
        Path place = folder == null ? folder(plan) : folder;
        RunFolder.requireNew(place);
        TrainPrinter printer = new TrainPrinter(plan, spec.commandLine().getOut()::println);
        printer.describe(ops.device(), trainSet, testSet);
        printer.notes(notes);
        missing.ifPresent(teacher -> printer.say().accept("fetch   " + teacher.download()));
        new DryRun(
                plan, Pipeline.split(plan, trainSet, testSet).train(), spec.commandLine().getOut())
            .print(settings, place);
        return List.of();
      }
      if (!ranks.first()) {
        Path run = ranks.runOfFirst();
        return new Pipeline(ops, plan, trainSet, testSet, run, interrupt, line -> {}).run(resuming);
      }
      boolean withBar =
          interrupt != null && !quiet && ((Main) spec.root().userObject()).onTerminal();
      Printed printed = quiet ? Printed.RESULTS : withBar ? Printed.EPOCHS : Printed.STEPS;
      try (RunFolder run = open(resuming, folder, plan, trainSet, args, printed);
          TrainingBar bar = withBar ? bar(ops) : null) {
        ranks.trainIn(run);
        return new TrainRun(ops, plan, trainSet, testSet, args, settings, notes, run)
            .run(resuming, bar, interrupt, listener);
      }
    }
  }

  private RunFolder open(
      boolean resuming,
      Path folder,
      Plan plan,
      Dataset trainSet,
      List<String> args,
      Printed printed) {
    RunFolder.Console console =
        new RunFolder.Console(spec.commandLine().getOut(), spec.commandLine().getErr(), printed);
    SummaryColumns columns =
        new SummaryColumns(Task.of(trainSet), plan.furtherLosses(), plan.settings().heldOut());
    return resuming
        ? RunFolder.open(folder, columns, console)
        : RunFolder.create(
            folder == null ? RunFolder.unused(folder(plan)) : folder, columns, args, console);
  }

  private static TrainingBar bar(Ops ops) {
    return new TrainingBar(System.err, StatusTerminal::width, () -> ops.memoryReport().peak());
  }

  private static List<String> withoutCommand(List<String> args) {
    List<String> rest = new ArrayList<>(args);
    rest.remove("train");
    rest.remove(Main.VERBOSE);
    rest.remove(QUIET);
    return Arguments.without(RankOptions.DEVICES, rest);
  }

  private static Path folder(Plan plan) {
    return Path.of(
        "runs",
        LocalDateTime.now(ZoneId.systemDefault())
                .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"))
            + "-"
            + plan.modelName());
  }

  Plan plan(Ops ops, Dataset trainSet) {
    boolean small = data.bundled();
    Method method = method();
    Neuron kind = neuron.neuron(Neuron.LIF);
    if (!kind.kind().isSpiking() && method == Method.ANN) {
      kind = Neuron.LIF; // There is no student, and relu is what the ANN has.
    }
    if (!kind.kind().isSpiking()) {
      throw new UserError(
          "--neuron is relu, which is the teacher's; expected lif, if or plif for the student,"
              + " give one of them");
    }
    NetworkSpec network = model.forSet(trainSet);
    boolean boxes = network.targetKind() == Targets.Kind.BOXES;
    boolean finetune = distill.finetune(method);
    NetworkSpec teacherModel = distill.teacherModel(model, network, trainSet, method);
    boolean teacher = distill.trainsTeacher(method);
    double teacherLr = optimizer.teacherLr(boxes, finetune, method == Method.ANN);
    double lowestLr =
        method == Method.ANN
            ? teacherLr
            : Math.min(optimizer.lr(boxes), teacher ? teacherLr : Double.MAX_VALUE);
    return new Plan(
        network,
        teacherModel,
        kind,
        neuron.steps(kind, Neuron.USUAL_STEPS),
        method,
        distill.method == null && method != Method.ANN,
        distill.teacherFile(teacherModel, method),
        distill.init,
        finetune,
        partial.allowed,
        distill.weights(small, network, method, further),
        further.form(kind.vThreshold()),
        distill.transformKernel(),
        optimizer.settings(
            small,
            boxes,
            teacher,
            schedule,
            lowestLr,
            augment.mixing(),
            device.storage(ops),
            scale.scale(ops)),
        optimizer.teacherEpochs(small),
        teacherLr,
        input.encoding);
  }
}
