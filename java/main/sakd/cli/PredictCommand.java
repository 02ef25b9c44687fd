package sakd.cli;

import java.io.PrintWriter;
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
import sakd.infer.ImageReader;
import sakd.infer.LoadedModel;
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

/** {@code predict}: the classes of pictures, and logits for an array of images. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says which classes a network sees in pictures, and how sure it is.",
      "An array of images, [N, C, H, W] float32, has to be normalised already."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd predict --weights runs/first/best.safetensors --input cat.png dog.jpg",
      "sakd predict --weights W.safetensors --input images.npy --output logits.npy"
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
      paramLabel = "FILE.npy",
      description =
          "Write the logits [N, K], mean over time: a row for each image classified, in order.")
  private Path output;

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
    try (ImageReader images = images(how)) {
      ModelFile about =
          model.describe(
              file,
              neuron,
              images.channels(),
              null,
              Networks.defaultFor(Targets.Kind.CLASSES, images.height()));
      try (Ops ops = device.open();
          LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed)) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("weights " + loaded.summary());
        var printer =
            new PredictionPrinter(out, how == null ? List.of() : how.classNames(), perStep);
        predict(ops, loaded, images, printer);
      }
    }
    return 0;
  }

  /** Says what the network sees in each image as soon as it is known. */
  private void predict(Ops ops, LoadedModel loaded, ImageReader images, PredictionPrinter printer) {
    requireRoom(images.images(), loaded.about().classes());
    List<HostTensor> logits = new ArrayList<>();
    int[] unreadable = new int[1];
    while (images.hasNext()) {
      ImageReader.Batch batch =
          images.batch(
              batchSize,
              e -> {
                unreadable[0]++;
                skip(e, images.images());
              });
      if (batch.size() > 0) {
        Predictor.Prediction said =
            Predictor.predict(ops, loaded.network(), batch, device.storage(ops));
        printer.print(batch.names(), said);
        if (output != null) {
          logits.add(said.logits());
        }
      }
    }
    if (!logits.isEmpty()) {
      HostTensor all = HostTensor.concatenated(logits);
      Npy.write(output, all);
      printer.say("logits " + Arrays.toString(all.shape()) + " written to " + output);
    }
    if (unreadable[0] > 0) {
      throw new UserError(
          unreadable[0]
              + " of "
              + images.images()
              + " images could not be classified, for the reasons in the notes; expected images that"
              + " can be read, replace those named"
              + (unreadable[0] < images.images() ? " (the others are done)" : ""));
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

  private ImageReader images(ImageSpec how) {
    if (input.stream().anyMatch(p -> p.toString().endsWith(".npy"))) {
      if (input.size() > 1) {
        throw new UserError(
            "--input has a .npy file and others; expected pictures or one .npy file, run predict"
                + " for each");
      }
      return array(input.get(0));
    }
    if (how == null) {
      throw new UserError(
          weights
              + " does not tell how pictures become its input; expected a file that train wrote,"
              + " or give --input as .npy, normalised");
    }
    List<Path> files = new ArrayList<>();
    for (Path path : input) {
      files.addAll(Files.isDirectory(path) ? ImageFiles.in(path) : List.of(path));
    }
    return new PictureReader(how, files);
  }

  private static ImageReader array(Path file) {
    HostTensor images = Npy.read(file);
    int[] shape = images.shape();
    if (shape.length != 4 || images.numel() == 0) {
      throw new UserError(
          file
              + " is an array of shape "
              + Arrays.toString(shape)
              + "; expected at least one image as [N, C, H, W], reshape it");
    }
    return ImageReader.of(images);
  }
}
