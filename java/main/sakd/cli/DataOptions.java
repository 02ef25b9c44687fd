package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.data.Dataset;
import sakd.data.Datasets;
import sakd.data.ReadOptions;
import sakd.data.event.FrameSplit;

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

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  Dataset open(boolean train) {
    var err = spec.commandLine().getErr();
    return Datasets.open(
        dataset,
        dataPath,
        train,
        new ReadOptions(framesBy, 224, text -> err.println("note: " + text)));
  }

  boolean bundled() {
    return dataPath == null && (dataset == null || dataset.equals("fashion-mnist-small"));
  }
}
