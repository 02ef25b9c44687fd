package sakd.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
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
import sakd.distill.DistillationWeights;
import sakd.distill.Method;
import sakd.distill.Pipeline;
import sakd.distill.Plan;
import sakd.io.UserError;
import sakd.model.ResNetSpec;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.LrSchedule;
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
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--method",
      paramLabel = "sakd|direct|transfer|logits|features",
      description =
          "How to train the student: both levels, labels alone, level 1 alone, or one term of "
              + "level 2 alone (default: sakd, and direct for comparison).")
  private Method method;

  @Option(
      names = "--teacher",
      paramLabel = "W.safetensors",
      description = "A trained ANN of the same architecture (default: train one).")
  private Path teacher;

  @Option(
      names = "--init",
      paramLabel = "W.safetensors",
      description = "Where the student starts instead of random or transferred weights.")
  private Path init;

  @Option(names = "--epochs", description = "Epochs of a student (default: 200; bundled: 5).")
  private Integer epochs;

  @Option(
      names = "--teacher-epochs",
      description = "Epochs of the teacher (default: as --epochs; bundled: 12).")
  private Integer teacherEpochs;

  @Option(names = "--batch-size", description = "Images a step (default: 128; bundled: 50).")
  private Integer batchSize;

  @Option(
      names = "--opt",
      paramLabel = "sgd|adamw",
      defaultValue = "sgd",
      description = "sgd has Nesterov momentum (default: ${DEFAULT-VALUE}).")
  private TrainSettings.Algorithm optimizer;

  @Option(names = "--lr", description = "Learning rate (default: 0.1; adamw: 0.001).")
  private Double lr;

  @Option(
      names = "--momentum",
      defaultValue = "0.9",
      description = "Momentum of sgd (default: ${DEFAULT-VALUE}).")
  private float momentum;

  @Option(
      names = "--weight-decay",
      description = "Weight decay, on every parameter (default: 5e-4; adamw: 5e-3).")
  private Float weightDecay;

  @Option(
      names = "--lr-scheduler",
      paramLabel = "cosine|constant",
      defaultValue = "cosine",
      description = "Learning rate by epoch (default: ${DEFAULT-VALUE}).")
  private LrSchedule.Kind scheduler;

  @Option(
      names = "--lr-warmup-epochs",
      defaultValue = "0",
      description = "Epochs of linear warm-up (default: ${DEFAULT-VALUE}).")
  private int warmupEpochs;

  @Option(
      names = "--label-smoothing",
      defaultValue = "0",
      description = "Share of the target spread over all classes (default: ${DEFAULT-VALUE}).")
  private float labelSmoothing;

  @Option(
      names = "--clip-grad-norm",
      defaultValue = "0",
      description = "Largest norm of the gradient, 0 for no limit (default: ${DEFAULT-VALUE}).")
  private float clipGradNorm;

  @Option(
      names = "--model-ema",
      paramLabel = "DECAY",
      arity = "0..1",
      fallbackValue = "0.9998",
      defaultValue = "0",
      description = "Evaluate an average of weights with this decay (given bare: 0.9998).")
  private float ema;

  @Option(
      names = "--ce-weight",
      defaultValue = "1",
      description = "Weight of the cross-entropy (default: ${DEFAULT-VALUE}).")
  private float ceWeight;

  @Option(
      names = "--logit-weight",
      defaultValue = "1",
      description = "Weight of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float logitWeight;

  @Option(
      names = "--feature-weight",
      description = "Weight of the features' distillation (default: 100; bundled: 10).")
  private Float featureWeight;

  @Option(
      names = "--kd-temperature",
      defaultValue = "4",
      description = "Temperature of the logits' distillation (default: ${DEFAULT-VALUE}).")
  private float temperature;

  @Option(
      names = "--transform-kernel",
      paramLabel = "1|3",
      defaultValue = "3",
      description = "Kernel of the features' transforms (default: ${DEFAULT-VALUE}).")
  private int transformKernel;

  @Option(names = "--no-augment", description = "No random crop and flip.")
  private boolean noAugment;

  @Option(names = "--no-shuffle", description = "Images in the order of the files.")
  private boolean noShuffle;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Fixes weights, order and augmentation (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--workers",
      defaultValue = "1",
      description = "Threads that read ahead (default: ${DEFAULT-VALUE}).")
  private int workers;

  @Option(
      names = "--print-freq",
      defaultValue = "100",
      description = "Steps between lines of progress (default: ${DEFAULT-VALUE}).")
  private int printFreq;

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
    List<String> given = spec.commandLine().getParseResult().originalArgs();
    if (resume == null) {
      return train(given, false, null);
    }
    if (spec.commandLine().getParseResult().matchedOptions().size() > 1) {
      throw new UserError(
          RESUME
              + " goes on with the settings in "
              + resume
              + "/args.txt; expected no other option beside it, leave them out");
    }
    TrainCommand first = new TrainCommand();
    CommandLine line = new CommandLine(first).setCaseInsensitiveEnumValuesAllowed(true);
    List<String> args = RunFolder.args(resume);
    try {
      line.parseArgs(args.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      throw new UserError(
          "cannot read " + resume + "/args.txt: " + e.getMessage().lines().findFirst().orElse(""),
          e);
    }
    first.spec = spec;
    return first.train(args, true, resume);
  }

  private int train(List<String> args, boolean resuming, Path folder) {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Dataset trainSet = data.open(true);
    Dataset testSet = data.open(false);
    try (Ops ops = device.open()) {
      Plan plan = plan(ops, trainSet);
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
    return rest;
  }

  private Path folder(Plan plan) {
    return outputDir != null
        ? outputDir
        : Path.of(
            "runs",
            LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"))
                + "-"
                + plan.model().name());
  }

  private Plan plan(Ops ops, Dataset trainSet) {
    boolean small = data.bundled();
    Neuron kind = neuron.neuron(Neuron.LIF);
    if (!kind.kind().isSpiking()) {
      throw new UserError(
          "--neuron relu is the teacher's; expected lif, if or plif for the student");
    }
    ResNetSpec base = ResNetSpec.named(trainSet.height() == 28 ? "resnet8" : "spiking-resnet18");
    int studentEpochs = positive("--epochs", epochs, small ? 5 : 200);
    boolean sgd = optimizer == TrainSettings.Algorithm.SGD;
    try {
      LrSchedule checked =
          new LrSchedule(
              scheduler, lr == null ? sgd ? 0.1 : 1e-3 : lr, studentEpochs, warmupEpochs);
      TrainSettings settings =
          new TrainSettings(
              studentEpochs,
              positive("--batch-size", batchSize, small ? 50 : 128),
              optimizer,
              checked.lr(),
              momentum,
              weightDecay == null ? sgd ? 5e-4f : 5e-3f : weightDecay,
              scheduler,
              warmupEpochs,
              clipGradNorm,
              ema,
              !noAugment,
              !noShuffle,
              seed,
              workers,
              positive("--print-freq", printFreq, 100),
              device.storage(ops));
      return new Plan(
          model.spec(base),
          kind,
          neuron.steps(kind, 4),
          method == null ? Method.SAKD : method,
          method == null,
          teacher,
          init,
          new DistillationWeights(
              ceWeight,
              logitWeight,
              featureWeight == null ? small ? 10 : 100 : featureWeight,
              temperature,
              labelSmoothing),
          transformKernel,
          settings,
          positive(
              "--teacher-epochs", teacherEpochs, small && epochs == null ? 12 : studentEpochs));
    } catch (IllegalArgumentException e) {
      throw new UserError("the settings cannot be used: " + e.getMessage(), e);
    }
  }

  private static int positive(String flag, Integer value, int otherwise) {
    if (value != null && value < 1) {
      throw new UserError(flag + " is " + value + "; expected 1 or more, give such a number");
    }
    return value == null ? otherwise : value;
  }

  private static void describe(Plan plan, Dataset trainSet, Dataset testSet, RunFolder run) {
    TrainSettings s = plan.settings();
    run.say(
        String.format(
            Locale.ROOT,
            "data    %s: %d training and %d test images of %dx%dx%d, %d classes",
            trainSet.name(),
            trainSet.size(),
            testSet.size(),
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
            "method  %s: ce %g, logits %g (temperature %g), features %g",
            plan.method().name().toLowerCase(Locale.ROOT),
            plan.weights().ce(),
            plan.weights().logits(),
            plan.weights().temperature(),
            plan.weights().features()));
    run.say(
        String.format(
            Locale.ROOT,
            "train   %s, lr %g %s, weight decay %g, batch %d, seed %d",
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
              row.seconds() == 0 ? "-" : String.format(Locale.ROOT, "%.1f", row.seconds())));
    }
    run.say("");
    run.say("weights " + run.path().resolve("best.safetensors"));
  }
}
