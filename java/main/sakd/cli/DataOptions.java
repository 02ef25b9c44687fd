package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.data.Dataset;
import sakd.data.Datasets;
import sakd.data.ReadOptions;
import sakd.data.event.FrameSplit;
import sakd.io.FileNames;
import sakd.io.UserError;

/** Which data, and how they are read. */
final class DataOptions {
  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description =
          "Images: fashion-mnist-small (bundled), fashion-mnist, mnist, cifar10, cifar100, "
              + "imagenet, tiny-imagenet, image-folder. Events: "
              + "nmnist, dvs-gesture, cifar10-dvs, n-cars, st-mnist, event-folder "
              + "(default: what --data-path holds, else the bundled one).")
  String dataset;

  @Option(
      names = "--data-path",
      paramLabel = "DIR",
      description = "Folder with the data set's files, or the archive as it was downloaded.")
  Path dataPath;

  @Option(
      names = "--frames-by",
      paramLabel = "count|time",
      defaultValue = "count",
      description =
          "Cuts a recording into T frames of equally many events, or equally long "
              + "(default: ${DEFAULT-VALUE}).")
  FrameSplit framesBy;

  @Option(
      names = "--mean",
      split = ",",
      paramLabel = "M",
      description =
          "Mean of each channel of pixels in [0, 1], for normalisation: "
              + "0.485,0.456,0.406 for weights trained as torchvision's (default: the data set's).")
  float[] mean;

  @Option(
      names = "--std",
      split = ",",
      paramLabel = "S",
      description = "Standard deviation of each channel: 0.229,0.224,0.225 for such weights.")
  float[] std;

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  Dataset open(boolean train) {
    var err = spec.commandLine().getErr();
    Dataset opened =
        Datasets.open(
            dataset,
            dataPath,
            train,
            new ReadOptions(framesBy, 224, text -> err.println("note: " + text)));
    opened.classNames().forEach(FileNames::requireSpelt);
    if (mean == null && std == null) {
      return opened;
    }
    return opened.normalised(
        numbers("--mean", mean, opened.info().mean()), numbers("--std", std, opened.info().std()));
  }

  private static float[] numbers(String flag, float[] given, float[] otherwise) {
    if (given == null) {
      return otherwise;
    }
    if (given.length != otherwise.length) {
      throw new UserError(
          flag
              + " has "
              + given.length
              + " numbers; expected one for each channel, "
              + otherwise.length
              + ", give as many with commas between");
    }
    for (float value : given) {
      Values.require(flag.equals("--mean") || value > 0, flag, value, "more than 0");
    }
    return given;
  }

  boolean bundled() {
    return dataPath == null && (dataset == null || dataset.equals("fashion-mnist-small"));
  }
}
