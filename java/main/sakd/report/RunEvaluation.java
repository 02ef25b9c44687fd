package sakd.report;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import sakd.data.Augment;
import sakd.data.Batch;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Subset;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.distill.Pipeline;
import sakd.infer.BatchUploader;
import sakd.infer.BoxMeter;
import sakd.infer.ClassShares;
import sakd.infer.ClassificationReport;
import sakd.infer.ConfusionMeter;
import sakd.infer.DetailMeter;
import sakd.infer.Evaluator;
import sakd.infer.PixelConfusion;
import sakd.infer.Weights;
import sakd.io.ImageFiles;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.Own;
import sakd.nn.Monitor;
import sakd.nn.Parameters;
import sakd.nn.Pooling;
import sakd.nn.Tape;
import sakd.nn.Var;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.run.RunRecord;
import sakd.task.Task;
import sakd.train.Trainer;

/** Runs the networks of a run on test images. */
final class RunEvaluation {
  /** Test images that accuracy, activity and confusion are measured on. */
  static final int IMAGES = 1000;

  /** Test images with masks or boxes that this is measured on. */
  static final int LARGE = 100;

  /** Test images that features are compared on. */
  static final int COMPARED = 100;

  /** The same of images with masks or boxes, fewer where they are large. */
  private static final int LARGE_AT_ONCE = 8;

  private static final int PIXELS_AT_ONCE = 1 << 21;

  /** Test images that are shown. */
  static final int SHOWN = 24;

  private final Ops ops;
  private final DType storage;
  private final Dataset testSet;
  private final boolean whole;

  /** Test images that accuracy, activity and confusion are measured on. */
  private final int most;

  /** Images of a batch, and those that features are compared on. */
  private final int atOnce;

  private RunEvaluation(Ops ops, DType storage, Dataset testSet, int most) {
    this.ops = ops;
    this.storage = storage;
    this.testSet = testSet;
    this.most = most;
    whole = testSet.targetKind() != Targets.Kind.CLASSES;
    int pixels = testSet.shape(0).height() * testSet.shape(0).width();
    atOnce =
        Math.min(
            most, whole ? Math.max(1, Math.min(LARGE_AT_ONCE, PIXELS_AT_ONCE / pixels)) : COMPARED);
  }

  /** How many test images of a set are looked at, at most. */
  static int most(Dataset testSet) {
    int most = testSet.targetKind() == Targets.Kind.CLASSES ? IMAGES : LARGE;
    return Math.min(most, testSet.size());
  }

  /** A weight file of a run and the phase that wrote it. */
  private record Part(String phase, Path path, WeightFile file, ModelFile about) {
    /** Null if the file does not describe its network. */
    static Part read(String phase, Path path, Own own) {
      WeightFile file = WeightFile.read(path);
      return ModelFile.isIn(file.metadata())
          ? new Part(phase, path, file, ModelFile.of(file.metadata(), path.toString(), own))
          : null;
    }
  }

  /**
   * Examines every network of a run whose best weights are there: teacher, direct student, student.
   *
   * @param own what its networks have of the caller's own
   * @param storage of activations when accuracy is measured; all else is float32
   * @param most test images that accuracy, activity and confusion are measured on
   * @return empty if none is there yet
   * @throws sakd.base.UserError if a file cannot be read or is of another data set
   */
  static List<NetworkResult> examine(
      RunRecord run, Own own, Ops ops, DType storage, Dataset testSet, int most) {
    List<Part> parts = parts(run, own);
    int steps = parts.stream().mapToInt(p -> p.about.steps()).max().orElse(1);
    RunEvaluation evaluation = new RunEvaluation(ops, storage, testSet.inSteps(steps), most);
    List<NetworkResult> results = new ArrayList<>();
    float[][] teacher = null;
    String taught = null;
    for (Part part : parts) {
      Parameters parameters = new Parameters(0);
      ops.checkNeuron(part.about.neuron());
      try (Network network = part.about.build(parameters)) {
        parameters.allocate(ops);
        String architecture = part.about.name() + " for " + testSet.name();
        Weights.load(part.file, parameters, name -> true, architecture);
        boolean alike = part.about.spec().annName().equals(taught);
        results.add(evaluation.examine(part, network, alike ? teacher : null));
        if (part.phase.equals(Pipeline.TEACHER)) {
          teacher = evaluation.features(network);
          taught = part.about.spec().annName();
        }
      }
    }
    return results;
  }

  private static List<Part> parts(RunRecord run, Own own) {
    Path teacher =
        run.option("--teacher")
            .map(Path::of)
            .orElse(run.folder().resolve(Pipeline.TEACHER).resolve(Trainer.BEST));
    List<String> phases = run.phases();
    Map<String, Path> paths = new LinkedHashMap<>();
    paths.put(Pipeline.TEACHER, teacher);
    paths.put(Pipeline.DIRECT, run.folder().resolve(Pipeline.DIRECT).resolve(Trainer.BEST));
    Path student = run.folder().resolve(Trainer.BEST);
    if (Files.exists(student)) {
      paths.put(phases.isEmpty() ? "student" : phases.get(phases.size() - 1), student);
    }
    List<Part> parts = new ArrayList<>();
    paths.forEach(
        (phase, path) -> {
          // A teacher may come from elsewhere and say nothing of itself.
          if (Files.isRegularFile(path)) {
            Part part = Part.read(phase, path, own);
            if (part != null) {
              parts.add(part);
            }
          }
        });
    return parts;
  }

  private NetworkResult examine(Part part, Network network, float[][] teacher) {
    Dataset seen = Subset.first(testSet, most);
    Evaluator.Evaluation evaluation;
    long[][] confusion;
    double[] accuracies = new double[0];
    double[] byClass = new double[0];
    try (DetailMeter meter = DetailMeter.of(ops, seen);
        Evaluator evaluator = new Evaluator(ops, seen, atOnce, storage, Task.of(seen))) {
      evaluation = evaluator.evaluate(network, true, meter);
      confusion = meter instanceof ConfusionMeter m ? m.confusion() : new long[0][];
      if (meter instanceof ClassificationReport classes) {
        accuracies = IntStream.rangeClosed(1, classes.steps()).mapToDouble(classes::top1).toArray();
      } else if (meter instanceof PixelConfusion pixels) {
        byClass = IntStream.range(0, seen.classes()).mapToDouble(pixels::iou).toArray();
      } else if (meter instanceof BoxMeter boxes) {
        byClass = IntStream.range(0, seen.classes()).mapToDouble(k -> ap50(boxes, k)).toArray();
      }
    }
    Membranes membranes = new Membranes(ops);
    boolean spiking = part.about.neuron().kind().isSpiking();
    if (spiking) {
      forward(network, 1, membranes, false, (tape, out) -> out);
    }
    double[] distances = null;
    if (teacher != null && spiking) {
      distances = distances(features(network), teacher);
    }
    return new NetworkResult(
        part.phase,
        part.about,
        evaluation,
        confusion,
        accuracies,
        byClass,
        whole ? List.of() : samples(network),
        TestPictures.column(ops, network, testSet),
        distances,
        membranes.layers());
  }

  private static double ap50(BoxMeter boxes, int label) {
    double ap = boxes.coco().ap50(label);
    return ap < 0 ? Double.NaN : ap;
  }

  /** Reads something off a forward pass. */
  private interface Reader<R> {
    R read(Tape tape, Network.Output out);
  }

  /** A forward pass over the first images, in float32. */
  private <R> R forward(
      Network network, int images, Monitor monitor, boolean stages, Reader<R> reader) {
    Dataset first = Subset.first(testSet, images);
    DataLoader loader = new DataLoader(first, first.size(), false, false, Augment.NONE, 0, 0);
    try (BatchUploader inputs = new BatchUploader(ops, first);
        Epoch epoch = loader.epoch(0)) {
      Batch batch = epoch.next();
      try (Tensor loaded = inputs.upload(batch).images(DType.F32);
          Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32, monitor)) {
        return reader.read(tape, network.forward(tape, tape.input(loaded), stages));
      }
    }
  }

  /** The features of every stage, mean over time: [stage][image, H, W, C]. */
  private float[][] features(Network network) {
    return forward(
        network,
        atOnce,
        null,
        true,
        (tape, out) -> {
          float[][] features = new float[out.stages().size()][];
          for (int s = 0; s < features.length; s++) {
            Var mean = Pooling.timeMean(tape, out.stages().get(s));
            features[s] = Transfers.floats(ops.device(), mean.value());
          }
          return features;
        });
  }

  private double[] distances(float[][] student, float[][] teacher) {
    int images = Math.min(atOnce, testSet.size());
    double[] distances = new double[student.length];
    for (int s = 0; s < student.length; s++) {
      int size = student[s].length / images;
      for (int i = 0; i < images; i++) {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int k = i * size; k < (i + 1) * size; k++) {
          dot += (double) student[s][k] * teacher[s][k];
          a += (double) student[s][k] * student[s][k];
          b += (double) teacher[s][k] * teacher[s][k];
        }
        // A stage that is silent has nothing in common with the teacher's.
        distances[s] += (a * b > 0 ? 1 - dot / Math.sqrt(a * b) : 1) / images;
      }
    }
    return distances;
  }

  private List<NetworkResult.Sample> samples(Network network) {
    float[] logits =
        forward(
            network,
            SHOWN,
            null,
            false,
            (tape, out) -> Transfers.floats(ops.device(), out.logits().value()));
    int classes = testSet.classes();
    List<NetworkResult.Sample> samples = new ArrayList<>();
    for (int i = 0; i < logits.length / classes; i++) {
      ClassShares.Share best =
          ClassShares.likeliest(Arrays.copyOfRange(logits, i * classes, (i + 1) * classes), 1)
              .get(0);
      ByteBuffer pixels = testSet.pixels(i);
      byte[] png =
          ImageFiles.png(pixels.array(), testSet.channels(), testSet.height(), testSet.width());
      samples.add(new NetworkResult.Sample(png, testSet.label(i), best.label(), best.share()));
    }
    return samples;
  }
}
