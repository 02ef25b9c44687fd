package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.data.Targets;
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
import sakd.model.Networks;
import sakd.ops.Ops;

/** {@code predict}: the classes of pictures or of their pixels, and logits for an array. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says which classes a network sees in pictures, and how sure it is; of a network for"
          + " segmentation, which share of a picture each class has.",
      "An array of images, [N, C, H, W] float32, has to be normalised already."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd predict --weights runs/first/best.safetensors --input cat.png dog.jpg",
      "sakd predict --weights W.safetensors --input images.npy --output logits.npy",
      "sakd predict --weights fcn.safetensors --input pictures --output masks --overlay"
    })
final class PredictCommand implements Callable<Integer> {
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
              + "), folders of them (not of folders), or one .npy file. "
              + "Those that cannot be read are named, and the others classified.")
  private List<Path> input;

  @Option(
      names = "--output",
      paramLabel = "FILE.npy|FOLDER",
      description =
          "Write the logits [N, K], mean over time: a row for each image classified, in order. Of a "
              + "network for segmentation, a folder for the masks: NAME.png, whose colours are those "
              + "of VOC and whose palette's indices are the class numbers.")
  private Path output;

  @Option(
      names = "--overlay",
      description =
          "Write each picture under the colours of its mask too, as NAME-overlay.png; class 0 is "
              + "left as it is.")
  private boolean overlay;

  @Option(names = "--per-step", description = "Say what the network sees after every step too.")
  private boolean perStep;

  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;
  @Mixin private PartialOption partial;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "100",
      description = "Images a step (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    Values.atLeast(1, "--batch-size", batchSize);
    WeightFile file = WeightFile.read(weights);
    ImageSpec how = ImageSpec.of(file.metadata(), weights.toString());
    HostTensor array = array();
    if (array == null && how == null) {
      throw new UserError(
          weights
              + " does not tell how pictures become its input; expected a file that train wrote,"
              + " or give --input as .npy, normalised");
    }
    int height = array == null ? how.height() : array.shape()[2];
    ModelFile about =
        model.describe(
            file,
            neuron,
            array == null ? how.channels() : array.shape()[1],
            null,
            Networks.defaultFor(Targets.Kind.CLASSES, height));
    boolean masks = about.spec().targetKind() == Targets.Kind.MASKS;
    requireFitting(masks, array != null);
    try (ImageReader images = array == null ? pictures(how, masks) : ImageReader.of(array);
        Ops ops = device.open();
        LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println("weights " + loaded.summary());
      var printer = new PredictionPrinter(out, how == null ? List.of() : how.classNames(), perStep);
      if (masks) {
        segment(ops, loaded, images, how, printer);
      } else {
        classify(ops, loaded, images, printer);
      }
    }
    return 0;
  }

  private void requireFitting(boolean masks, boolean array) {
    if (!masks && overlay) {
      throw new UserError(
          "--overlay is for networks for segmentation, and "
              + weights
              + " classifies whole pictures; leave it out");
    }
    if (overlay && (output == null || array)) {
      throw new UserError(
          "--overlay "
              + (array ? "needs pictures, not an array" : "has no folder to write to")
              + "; expected pictures as --input and a folder as --output, give both");
    }
    if (masks && perStep) {
      throw new UserError(
          "--per-step is for networks that classify whole pictures, and "
              + weights
              + " says the class of every pixel; leave it out");
    }
    if (masks && output != null && Files.exists(output) && !Files.isDirectory(output)) {
      throw new UserError(
          "--output " + output + " is a file; expected a folder for masks, give one");
    }
  }

  /** Says what the network sees in each image as soon as it is known. */
  private void classify(
      Ops ops, LoadedModel loaded, ImageReader images, PredictionPrinter printer) {
    requireRoom(images.images(), loaded.about().classes());
    List<HostTensor> logits = new ArrayList<>();
    int unreadable =
        inBatches(
            images,
            ImageReader.MOST_VALUES,
            batch -> {
              Predictor.Prediction said =
                  Predictor.predict(ops, loaded.network(), batch, device.storage(ops));
              printer.print(batch.names(), said);
              if (output != null) {
                logits.add(said.logits());
              }
            });
    if (!logits.isEmpty()) {
      HostTensor all = HostTensor.concatenated(logits);
      Npy.write(output, all);
      printer.say("logits " + Arrays.toString(all.shape()) + " written to " + output);
    }
    requireAll(unreadable, images.images());
  }

  /**
   * Says what shares of each image the classes have, and writes the mask, as soon as it is known.
   */
  private void segment(
      Ops ops, LoadedModel loaded, ImageReader images, ImageSpec how, PredictionPrinter printer) {
    int classes = loaded.about().classes();
    MaskFiles files = output == null ? null : new MaskFiles(output, overlay, how);
    if (files != null) {
      files.requireDistinct(images.names().stream().map(Path::of).toList());
    }
    int unreadable =
        inBatches(
            images,
            MaskPredictor.mostValues(images.channels(), classes),
            batch -> {
              var masks = MaskPredictor.predict(ops, loaded.network(), batch, device.storage(ops));
              for (MaskPredictor.Mask mask : masks) {
                printer.print(mask, classes);
                if (files != null) {
                  files.write(mask);
                }
              }
            });
    if (files != null && unreadable < images.images()) {
      printer.say("masks written to " + output);
    }
    requireAll(unreadable, images.images());
  }

  /**
   * Reads all images.
   *
   * @return how many could not be read
   */
  private int inBatches(ImageReader images, long mostValues, Consumer<ImageReader.Batch> use) {
    int[] unreadable = new int[1];
    while (images.hasNext()) {
      ImageReader.Batch batch =
          images.batch(
              batchSize,
              mostValues,
              e -> {
                unreadable[0]++;
                skip(e, images.images());
              });
      if (batch.size() > 0) {
        use.accept(batch);
      }
    }
    return unreadable[0];
  }

  private static void requireAll(int unreadable, int images) {
    if (unreadable > 0) {
      throw new UserError(
          unreadable
              + " of "
              + images
              + " images could not be classified, for the reasons in the notes; expected images that"
              + " can be read, replace those named"
              + (unreadable < images ? " (the others are done)" : ""));
    }
  }

  /** Goes on after an image that cannot be read, if there are others. */
  private void skip(UserError e, int images) {
    if (images == 1) {
      throw e;
    }
    spec.commandLine().getErr().println("note: " + Suggestions.oneLine(e.getMessage()));
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

  private ImageReader pictures(ImageSpec how, boolean masks) {
    List<Path> files = new ArrayList<>();
    for (Path path : input) {
      files.addAll(Files.isDirectory(path) ? ImageFiles.in(path) : List.of(path));
    }
    return masks ? PictureReader.whole(how, files) : PictureReader.sized(how, files);
  }
}
