package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import sakd.base.UserError;
import sakd.data.Dataset;

/** Finds the four idx files of MNIST and its relatives in a folder. */
final class IdxFolder {
  private static final List<String> SUFFIXES =
      List.of("-idx%d-ubyte.gz", "-idx%d-ubyte", ".idx%d-ubyte");

  private IdxFolder() {}

  /** Reads the training or the test set of a kind. */
  static Dataset read(DatasetKind kind, Path folder, boolean train) {
    String part = train ? "train" : "t10k";
    // torchvision keeps the files of several sets under one root.
    String torchvision = kind == DatasetKind.MNIST ? "MNIST/raw" : "FashionMNIST/raw";
    List<Path> folders = List.of(folder, folder.resolve("raw"), folder.resolve(torchvision));
    Path images = find(kind, folders, part + "-images", 3);
    Path labels = find(kind, folders, part + "-labels", 1);
    IdxReader.Images read = IdxReader.readImages(images);
    int[] classes = IdxReader.readLabels(labels, read.count(), kind.classes());
    return new MemoryDataset(kind.info, read.height(), read.width(), read.pixels(), classes);
  }

  /** Whether the folder itself has an images file. */
  static boolean holds(Path folder) {
    List<Path> folders = List.of(folder, folder.resolve("raw"));
    return search(folders, "train-images", 3).isPresent()
        || search(folders, "t10k-images", 3).isPresent();
  }

  private static Path find(DatasetKind kind, List<Path> folders, String stem, int rank) {
    return search(folders, stem, rank)
        .orElseThrow(
            () ->
                new UserError(
                    kind.title
                        + ": no "
                        + stem
                        + "-idx"
                        + rank
                        + "-ubyte or the same with .gz in "
                        + folders.get(0)
                        + "; expected the four idx files of the set there, give their folder with"
                        + " --data-path"
                        + (kind == DatasetKind.FASHION_MNIST
                            ? " or install Debian's package dataset-fashion-mnist"
                            : "")));
  }

  private static Optional<Path> search(List<Path> folders, String stem, int rank) {
    return folders.stream()
        .flatMap(f -> SUFFIXES.stream().map(s -> f.resolve(stem + s.formatted(rank))))
        .filter(Files::isRegularFile)
        .findFirst();
  }
}
