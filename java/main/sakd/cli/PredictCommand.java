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
import sakd.io.HostTensor;
import sakd.io.ImageFiles;
import sakd.io.Npy;
import sakd.io.UserError;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Networks;
import sakd.ops.Ops;
import sakd.train.LoadedModel;
import sakd.train.Predictor;

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
      description = "Pictures (" + ImageFiles.FORMATS + "), folders of them, or one .npy file.")
  private List<Path> input;

  @Option(
      names = "--output",
      paramLabel = "FILE.npy",
      description = "Write the logits [N, K], mean over time.")
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

  /** Normalised images [N, C, H, W] and what to call each. */
  private record Images(HostTensor pixels, List<String> names) {}

  @Override
  public Integer call() {
    Values.atLeast(1, "--batch-size", batchSize);
    WeightFile file = WeightFile.read(weights);
    ImageSpec how = ImageSpec.of(file.metadata(), weights.toString());
    Images images = images(how);
    int[] shape = images.pixels.shape();
    ModelFile about = model.describe(file, neuron, shape[1], null, Networks.defaultFor(shape[2]));
    try (Ops ops = device.open();
        LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed)) {
      Predictor.Prediction prediction =
          Predictor.predict(ops, loaded.network(), images.pixels, batchSize, device.storage(ops));
      if (output != null) {
        Npy.write(output, prediction.logits());
      }
      var out = spec.commandLine().getOut();
      out.println("weights " + loaded.summary());
      new PredictionPrinter(out, how == null ? List.of() : how.classNames(), perStep)
          .print(images.names, prediction);
      if (output != null) {
        out.println(
            "logits " + Arrays.toString(prediction.logits().shape()) + " written to " + output);
      }
      out.flush();
    }
    return 0;
  }

  private Images images(ImageSpec how) {
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
    return new Images(how.read(files), files.stream().map(Path::toString).toList());
  }

  private static Images array(Path file) {
    HostTensor images = Npy.read(file);
    int[] shape = images.shape();
    if (shape.length != 4 || images.numel() == 0) {
      throw new UserError(
          file
              + " is an array of shape "
              + Arrays.toString(shape)
              + "; expected at least one image as [N, C, H, W], reshape it");
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < shape[0]; i++) {
      names.add("image " + i);
    }
    return new Images(images, names);
  }
}
