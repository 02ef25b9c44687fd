package sakd.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.data.image.PictureSource;
import sakd.infer.BoxPredictor;
import sakd.infer.ClassShares;
import sakd.infer.ImageReader;
import sakd.infer.LoadedModel;
import sakd.infer.MaskPredictor;
import sakd.infer.PictureReader;
import sakd.infer.Predictor;
import sakd.io.HostTensor;
import sakd.io.ImageFiles;
import sakd.io.Npy;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.ops.Ops;

/** {@code predict}: what is in pictures or of which class their pixels are; logits of an array. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Classifies pictures and says how sure the network is. A segmentation network says what "
          + "share of a picture each class has; a detector says where objects are: left, top, "
          + "right and bottom in pixels.",
      "An array of images, [N, C, H, W] float32, must be normalised already. Pictures are "
          + "preprocessed as in the network's training. Where its file does not say how, as "
          + "torchvision's do not, the shorter side is resized to 256, the central 224x224 is taken, "
          + "and mean and standard deviation are ImageNet's."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd predict --weights runs/first/best.safetensors --input cat.png dog.jpg",
      "sakd predict --weights W.safetensors --input pictures --format json",
      "sakd predict --weights W.safetensors --input images.npy --output logits.npy",
      "sakd predict --weights fcn.safetensors --input pictures --output masks --overlay",
      "sakd predict --weights retinanet.safetensors --input pictures --output found.json"
    })
final class PredictCommand implements Callable<Integer> {
  private static final float DEFAULT_THRESHOLD = 0.5f;

  /** Likeliest classes. */
  private static final int SHOWN = 5;

  /** What a network takes whose file does not say it. */
  private static final int COLOURS = 3;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = "Weight file: safetensors, or PyTorch's pth, pt or th.")
  private Path weights;

  @Option(
      names = "--input",
      required = true,
      arity = "1..*",
      paramLabel = "PATH",
      description =
          "Pictures ("
              + ImageFiles.FORMATS
              + "), folders of them (subfolders are not searched), or one .npy file. Pictures "
              + "that cannot be read are listed, and the others are classified.")
  private List<Path> input;

  @Option(
      names = "--output",
      paramLabel = "FILE|FOLDER",
      description =
          "Write the logits [N, K], averaged over time, as .npy: a row for each image "
              + "classified, in order. For a segmentation network, a folder for the masks: "
              + "NAME.png, with VOC's colours, whose palette indices are the class numbers. For a "
              + "detector, a folder for the pictures with boxes, NAME.png, or FILE.json for "
              + "everything found with a score above 0.05 in COCO's results format: image_id is "
              + "the picture's name, as a number if it is one.")
  private Path output;

  @Option(
      names = "--overlay",
      description =
          "Also write each picture with its mask's colours over it, as NAME-overlay.png; "
              + "class 0 stays uncoloured.")
  private boolean overlay;

  @Option(
      names = "--threshold",
      paramLabel = "SCORE",
      description =
          "For a detector: print and draw objects with at least this score, from 0 to 1 "
              + "(default: 0.5).")
  private Float threshold;

  @Mixin private ResultFormat.Choice form;

  @Option(names = "--per-step", description = "Also print the result after every time step.")
  private boolean perStep;

  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;
  @Mixin private PartialOption partial;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "100",
      description = "Images per step (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    Values.atLeast(1, "--batch-size", batchSize);
    WeightFile file = WeightFile.read(weights);
    ImageSpec told = ImageSpec.of(file.metadata(), weights.toString());
    HostTensor array = array();
    int channels = array != null ? array.shape()[1] : told != null ? told.channels() : COLOURS;
    ModelFile about = model.describe(file, neuron, channels, null);
    ImageSpec how = told == null && array == null ? usual(about) : told;
    Targets.Kind kind = about.spec().targetKind();
    new PredictFit(weights, output, overlay, perStep, threshold).require(kind, array != null);
    try (ImageReader images = array == null ? pictures(how, kind) : ImageReader.of(array);
        Ops ops = device.open();
        LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed)) {
      status("weights " + loaded.summary());
      PredictionWriter results =
          PredictionWriter.of(
              form.format,
              spec.commandLine().getOut(),
              how == null ? ImageSpec::unnamed : how::className,
              kind,
              perStep);
      var reading =
          new BatchReading(
              images,
              batchSize,
              (image, why) -> {
                results.unreadable(image, why);
                if (images.images() > 1) { // Else the error says it.
                  status("note: " + Suggestions.oneLine(why));
                }
              });
      switch (kind) {
        case CLASSES -> classify(ops, loaded, reading, results);
        case MASKS -> segment(ops, loaded, reading, how, results);
        case BOXES -> detect(ops, loaded, reading, how, results);
      }
    }
    return 0;
  }

  /** How pictures become the input of a network whose file does not say it. */
  private ImageSpec usual(ModelFile about) {
    String silent = weights + " does not say how pictures become its input";
    ImageSpec usual = ImageSpec.usual(about.spec());
    if (usual == null) {
      throw new UserError(
          silent
              + ", and for "
              + about.name()
              + " with the stem for small images there is no usual way; expected a file that train"
              + " wrote, or give --input as .npy, normalised");
    }
    status(
        "note: "
            + silent
            + "; using ImageNet's usual preprocessing: "
            + (about.spec().targetKind() == Targets.Kind.CLASSES
                ? "shorter side resized to 256, the central 224x224, "
                : "")
            + "torchvision's mean and standard deviation");
    return usual;
  }

  /** Says what the network sees in each image as soon as it is known. */
  private void classify(
      Ops ops, LoadedModel loaded, BatchReading reading, PredictionWriter results) {
    requireRoom(reading.images().images(), loaded.about().classes());
    List<HostTensor> logits = new ArrayList<>();
    int unreadable =
        reading.each(
            ImageReader.MOST_VALUES,
            batch -> {
              Predictor.Prediction said =
                  Predictor.predict(ops, loaded.network(), batch, device.storage(ops));
              for (int i = 0; i < batch.size(); i++) {
                results.classes(
                    batch.names().get(i),
                    ClassShares.likeliest(said, i, SHOWN),
                    perStep ? ClassShares.bySteps(said, i, SHOWN) : List.of());
              }
              if (output != null) {
                logits.add(said.logits());
              }
            });
    if (!logits.isEmpty()) {
      HostTensor all = HostTensor.concatenated(logits);
      Npy.write(output, all);
      status("logits " + Arrays.toString(all.shape()) + " written to " + output);
    }
    reading.requireAll(unreadable);
  }

  /**
   * Says what shares of each image the classes have, and writes the mask, as soon as it is known.
   */
  private void segment(
      Ops ops, LoadedModel loaded, BatchReading reading, ImageSpec how, PredictionWriter results) {
    ImageReader images = reading.images();
    int classes = loaded.about().classes();
    MaskFiles files = output == null ? null : new MaskFiles(output, overlay, how);
    if (files != null) {
      files.files().requireDistinct(images.names().stream().map(Path::of).toList());
    }
    int unreadable =
        reading.each(
            MaskPredictor.mostValues(images.channels(), classes),
            batch -> {
              var masks = MaskPredictor.predict(ops, loaded.network(), batch, device.storage(ops));
              for (MaskPredictor.Mask mask : masks) {
                results.pixels(mask.name(), ClassShares.of(mask.classes(), classes));
                if (files != null) {
                  files.write(mask);
                }
              }
            });
    if (files != null && unreadable < images.images()) {
      status("masks written to " + output);
    }
    reading.requireAll(unreadable);
  }

  /** Says what is in each image as soon as it is known, and draws it or keeps it for a file. */
  private void detect(
      Ops ops, LoadedModel loaded, BatchReading reading, ImageSpec how, PredictionWriter results) {
    ImageReader images = reading.images();
    float least = threshold == null ? DEFAULT_THRESHOLD : threshold;
    boolean inOneFile = output != null && BoxFiles.isResults(output);
    BoxFiles files = output == null || inOneFile ? null : new BoxFiles(output, least, how);
    CocoResults all = new CocoResults();
    if (files != null) {
      files.files().requireDistinct(images.names().stream().map(Path::of).toList());
    }
    int unreadable =
        reading.each(
            BoxPredictor.mostValues(images.channels(), loaded.about().classes()),
            batch -> {
              var found = BoxPredictor.predict(ops, loaded.network(), batch, device.storage(ops));
              for (BoxPredictor.Found one : found) {
                results.objects(
                    one.name(), one.detections().stream().filter(d -> d.score() >= least).toList());
                if (files != null) {
                  files.write(one);
                } else if (inOneFile) {
                  all.add(CocoResults.id(one.name()), one.detections());
                }
              }
            });
    if (output != null && unreadable < images.images()) {
      if (inOneFile) {
        all.write(output);
      }
      status((inOneFile ? "detections" : "pictures with boxes") + " written to " + output);
    }
    reading.requireAll(unreadable);
  }

  private void status(String line) {
    spec.commandLine().getErr().println(line);
  }

  private void requireRoom(int images, int classes) {
    if (output != null && (long) images * classes > Integer.MAX_VALUE / Float.BYTES) {
      throw new UserError(
          "--output would be "
              + images
              + " x "
              + classes
              + " numbers; expected at most 2 GB, give the images in parts");
    }
  }

  /** The array of images; null if pictures are given. */
  private HostTensor array() {
    if (input.stream().noneMatch(p -> p.toString().endsWith(".npy"))) {
      return null;
    }
    if (input.size() > 1) {
      throw new UserError(
          "--input has a .npy file and others; expected pictures or one .npy file, run predict"
              + " for each");
    }
    HostTensor images = Npy.read(input.get(0));
    int[] shape = images.shape();
    if (shape.length != 4 || images.numel() == 0) {
      throw new UserError(
          input.get(0)
              + " is an array of shape "
              + Arrays.toString(shape)
              + "; expected at least one image as [N, C, H, W], reshape it");
    }
    return images;
  }

  private ImageReader pictures(ImageSpec how, Targets.Kind kind) {
    List<PictureSource> files = new ArrayList<>();
    for (Path path : input) {
      List<Path> those = Files.isDirectory(path) ? ImageFiles.in(path) : List.of(path);
      those.forEach(file -> files.add(PictureSource.of(file)));
    }
    return switch (kind) {
      case CLASSES -> PictureReader.sized(how, files);
      case MASKS -> PictureReader.whole(how, files);
      case BOXES -> PictureReader.fitted(how, files);
    };
  }
}
