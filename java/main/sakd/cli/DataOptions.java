package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import sakd.data.Dataset;
import sakd.data.Datasets;

/** Which images. */
final class DataOptions {
  @Option(
      names = "--dataset",
      description =
          "fashion-mnist-small (bundled), fashion-mnist, mnist, cifar10 or cifar100 "
              + "(default: what --data-path holds, else the bundled one).")
  String dataset;

  @Option(
      names = "--data-path",
      description = "Folder with the data set's files (idx, idx.gz, or CIFAR's binary version).")
  Path dataPath;

  Dataset open(boolean train) {
    return Datasets.open(dataset, dataPath, train);
  }

  boolean bundled() {
    return dataPath == null && (dataset == null || dataset.equals("fashion-mnist-small"));
  }
}
