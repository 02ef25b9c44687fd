package sakd.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.infer.BoxMeter;
import sakd.infer.ConfusionMeter;
import sakd.infer.DetailMeter;
import sakd.infer.Evaluator;
import sakd.infer.LoadedModel;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.ops.Ops;
import sakd.task.Task;

/** {@code eval}: accuracy and activity of a weight file on the test images. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Evaluates a weight file on a data set's test images.",
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd eval --weights runs/first/best.safetensors",
      "sakd eval --weights runs/first/best.safetensors --format json",
      "sakd eval --weights resnet18.pth --model resnet18 --data-path data/cifar10"
    })
final class EvalCommand implements Callable<Integer> {
  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = "Weight file: safetensors, or PyTorch's pth, pt or th.")
  private Path weights;

  @Mixin private DataOptions data;
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;
  @Mixin private PartialOption partial;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      description = "Images per step (default: 100; for segmentation 8, for detection 4).")
  private Integer batchSize;

  @Option(
      names = "--confusion-matrix",
      paramLabel = "FILE.csv",
      description = "Write the confusion matrix: one row for each true class.")
  private Path confusionMatrix;

  @Option(
      names = "--detections",
      paramLabel = "FILE.json",
      description =
          "For a detector: write everything found with a score above 0.05 in COCO's results "
              + "format; image_id is a picture's name, as a number if it is one.")
  private Path detections;

  @Mixin private ResultFormat.Choice form;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (batchSize != null) {
      Values.atLeast(1, "--batch-size", batchSize);
    }
    var out = spec.commandLine().getOut();
    var status = spec.commandLine().getErr();
    WeightFile file = WeightFile.read(weights);
    Dataset testSet = data.open(false, ImageSpec.of(file.metadata(), weights.toString()));
    ModelFile about = model.describe(file, neuron, testSet.channels(), testSet.classes());
    if (about.encoding().isSpikes() && (data.mean != null || data.std != null)) {
      throw new UserError(
          weights
              + " makes spikes of pixels ("
              + about.encoding().code().label()
              + " encoding), which no normalisation changes; expected no --mean and --std, leave"
              + " them out");
    }
    Task.of(testSet).requireNetwork(weights + " holds", about.spec(), testSet);
    requireFitting(testSet.targetKind());
    CocoResults found = new CocoResults();
    try (Ops ops = device.open();
        LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed);
        Evaluator evaluator =
            new Evaluator(
                ops,
                testSet.inSteps(loaded.about().steps()),
                batchSize != null ? batchSize : Evaluator.batchSize(testSet),
                device.storage(ops),
                Task.of(testSet));
        DetailMeter report = meter(ops, testSet, found)) {
      status.println("weights " + loaded.summary());
      long start = System.nanoTime();
      Evaluator.Evaluation e = evaluator.evaluate(loaded.network(), true, report);
      double seconds = (System.nanoTime() - start) * 1e-9;
      if (form.format == ResultFormat.TEXT) {
        new EvalPrinter(out, loaded.about(), testSet, e).print(report);
      } else {
        var record = new EvalRecord(weights, loaded.about(), testSet, e);
        record.write(report, form.format, out);
      }
      status.printf(
          Locale.ROOT, "%s, %.0f images/s%n", Numbers.duration(seconds), e.images() / seconds);
      if (confusionMatrix != null && report instanceof ConfusionMeter confusion) {
        ConfusionCsv.write(confusionMatrix, testSet.classNames(), confusion.confusion());
        status.printf("confusion matrix in %s%n", confusionMatrix);
      }
      if (detections != null) {
        found.write(detections);
        status.printf("detections in %s%n", detections);
      }
      out.flush();
    }
    return 0;
  }

  private DetailMeter meter(Ops ops, Dataset set, CocoResults found) {
    if (detections == null) {
      return DetailMeter.of(ops, set);
    }
    int[] next = new int[1];
    return new BoxMeter(
        ops, set.classes(), those -> found.add(CocoResults.id(set.sampleName(next[0]++)), those));
  }

  private void requireFitting(Targets.Kind kind) {
    boolean boxes = kind == Targets.Kind.BOXES;
    if (boxes && confusionMatrix != null) {
      throw new UserError(
          "--confusion-matrix is for classes of pictures or pixels, and "
              + weights
              + " finds objects; leave it out, or write those with --detections FILE.json");
    }
    if (!boxes && detections != null) {
      throw new UserError(
          "--detections is for detectors, and " + weights + " holds none; leave it out");
    }
  }
}
