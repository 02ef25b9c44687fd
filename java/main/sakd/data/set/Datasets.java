package sakd.data.set;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.data.Dataset;

/** Opens a set by its name, by its folder, or both. */
public final class Datasets {
  /** Where Debian's package dataset-fashion-mnist puts the full set. */
  private static final Path DEBIAN_FASHION_MNIST = Path.of("/usr/share/datasets/fashion-mnist");

  private Datasets() {}

  /** The names that {@link #open} knows. */
  public static List<String> names() {
    return Arrays.stream(DatasetKind.values()).map(k -> k.title).toList();
  }

  /**
   * Opens a set.
   *
   * @param name one of {@link #names}; null to take what the folder holds, or the bundled {@code
   *     fashion-mnist-small} if there is no folder either
   * @param dataPath the folder of its files; null for the bundled set, or for {@code fashion-mnist}
   *     where Debian's package is installed
   * @param train the training part, or else the test part
   * @throws UserError if there is no such set, or its files are missing or damaged
   */
  public static Dataset open(String name, Path dataPath, boolean train) {
    return open(name, dataPath, train, ReadOptions.DEFAULT);
  }

  /** As {@link #open(String, Path, boolean)}, read in another way. */
  public static Dataset open(String name, Path dataPath, boolean train, ReadOptions options) {
    boolean archive = dataPath != null && dataPath.toString().endsWith(".tar.gz");
    if (dataPath != null
        && !(archive ? Files.isRegularFile(dataPath) : Files.isDirectory(dataPath))) {
      throw new UserError(
          Files.isRegularFile(dataPath)
              ? dataPath
                  + " is a file; expected the folder with the files of a data set, or CIFAR's .tar.gz"
                  + " as it was downloaded, unpack it and give the folder"
              : "no folder or archive "
                  + dataPath
                  + "; expected one with the files of a data set, check --data-path");
    }
    DatasetKind kind;
    if (name != null) {
      kind = kind(name);
    } else {
      kind = dataPath == null ? DatasetKind.FASHION_MNIST_SMALL : detect(dataPath);
    }
    if (options.sensor() != null && !kind.hasRecordings()) {
      throw new UserError(
          "--sensor is for recordings of event cameras, but "
              + kind.title
              + " has pictures; expected a set of recordings, leave it out");
    }
    requireUsed(kind, options.masks());
    return switch (kind) {
      case FASHION_MNIST_SMALL -> bundled(dataPath, train);
      case FASHION_MNIST -> {
        boolean packaged = dataPath == null && Files.isDirectory(DEBIAN_FASHION_MNIST);
        yield IdxFolder.read(kind, packaged ? DEBIAN_FASHION_MNIST : needed(kind, dataPath), train);
      }
      case MNIST -> IdxFolder.read(kind, needed(kind, dataPath), train);
      case CIFAR10 -> CifarReader.readCifar10(needed(kind, dataPath), train, options.note());
      case CIFAR100 -> CifarReader.readCifar100(needed(kind, dataPath), train, options.note());
      case NMNIST, DVS_GESTURE, CIFAR10_DVS, N_CARS, ST_MNIST, EVENT_FOLDER ->
          EventFolder.read(kind, needed(kind, dataPath), train, options);
      case IMAGENET, TINY_IMAGENET, IMAGE_FOLDER ->
          ImageSets.read(kind, needed(kind, dataPath), train, options);
      case VOC_SEG, ADE20K, CITYSCAPES, CAMVID, MASK_FOLDER ->
          MaskSets.read(kind, needed(kind, dataPath), train, options);
      case SHAPES -> {
        refuseFolder(kind, dataPath);
        yield ShapePictures.open(kind.info, train, options.masks());
      }
      case VOC, COCO -> BoxSets.read(kind, needed(kind, dataPath), train, options);
      case BOX_SHAPES -> {
        refuseFolder(kind, dataPath);
        yield ShapePictures.openBoxes(kind.info, train, options.boxes());
      }
    };
  }

  private static DatasetKind kind(String name) {
    for (DatasetKind kind : DatasetKind.values()) {
      if (kind.title.equals(name)) {
        return kind;
      }
    }
    throw new UserError(
        "unknown data set "
            + name
            + "; expected one of "
            + String.join(", ", names())
            + ", did you mean "
            + EditDistance.nearest(name, names())
            + "?");
  }

  private static DatasetKind detect(Path folder) {
    for (DatasetKind kind : List.of(DatasetKind.CIFAR10, DatasetKind.CIFAR100)) {
      if (CifarPlace.find(kind, folder).isPresent()) {
        return kind;
      }
    }
    Optional<DatasetKind> events =
        Files.isDirectory(folder) ? EventFolder.detect(folder) : Optional.empty();
    if (events.isPresent()) {
      return events.get();
    }
    if (!IdxFolder.holds(folder)) {
      Optional<DatasetKind> pictures =
          Files.isDirectory(folder)
              ? MaskSets.detect(folder)
                  .or(() -> BoxSets.detect(folder))
                  .or(() -> ImageSets.detect(folder))
              : Optional.empty();
      if (pictures.isPresent()) {
        return pictures.get();
      }
      if (Files.isDirectory(folder) && EventFolder.hasClasses(folder)) {
        return DatasetKind.EVENT_FOLDER;
      }
      throw new UserError(
          "no data set in "
              + folder
              + ": looked for data_batch_1.bin or test_batch.bin (cifar10), train.bin or test.bin"
              + " (cifar100), their archives, train-images-idx3-ubyte or t10k-images-idx3-ubyte,"
              + " with or without .gz (mnist, fashion-mnist), lists of recordings (nmnist,"
              + " dvs-gesture), folders images and masks or labels (mask-folder), a folder Annotations of"
              + " XML files (voc), annotations/instances_*.json or _annotations.coco.json (coco), and"
              + " folders of pictures or recordings (event-folder); give the folder with these files, or say which set it is with"
              + " --dataset");
    }
    // The files of both sets are named alike, only the folder can tell.
    String path = folder.toAbsolutePath().normalize().toString().toLowerCase(Locale.ROOT);
    if (path.contains("fashion")) {
      return DatasetKind.FASHION_MNIST;
    }
    if (path.contains("mnist")) {
      return DatasetKind.MNIST;
    }
    throw new UserError(
        folder
            + " holds idx files, which may be mnist or fashion-mnist; expected a folder with that"
            + " name, say which it is with --dataset");
  }

  private static Path needed(DatasetKind kind, Path dataPath) {
    if (dataPath == null) {
      throw new UserError(kind.title + " is not bundled; " + DataSources.advice(kind.title));
    }
    return dataPath;
  }

  private static void refuseFolder(DatasetKind kind, Path dataPath) {
    if (dataPath != null) {
      throw new UserError(
          kind.title
              + " is bundled and reads no folder, but --data-path is "
              + dataPath
              + "; expected one of the two, leave --data-path out or say which set it is");
    }
  }

  /** Refuses settings that would change nothing. */
  private static void requireUsed(DatasetKind kind, MaskOptions masks) {
    if (!kind.hasMasks() && (masks.classes() != null || masks.crop() != null)) {
      throw new UserError(
          "--mask-classes and --crop-size are for pictures with masks, but "
              + kind.title
              + (kind.hasBoxes() ? " has objects in boxes" : " has a class for each sample")
              + "; expected a set for segmentation, leave them out");
    }
    if (!kind.hasMasks() && !kind.hasBoxes() && masks.base() > 0) {
      throw new UserError(
          "--base-size is for pictures with masks or objects, but "
              + kind.title
              + " has a class for each sample; expected a set for segmentation or detection, leave"
              + " it out");
    }
    if (kind.hasMasks() && kind != DatasetKind.MASK_FOLDER && masks.classes() != null) {
      throw new UserError(
          "--mask-classes is for folders of masks, but the classes of "
              + kind.title
              + " are known; expected it for a mask-folder alone, leave it out");
    }
  }

  private static Dataset bundled(Path dataPath, boolean train) {
    DatasetKind kind = DatasetKind.FASHION_MNIST_SMALL;
    refuseFolder(kind, dataPath);
    String stem = "/data/" + kind.title + "/" + (train ? "train" : "t10k");
    String images = stem + "-images-idx3-ubyte.gz";
    String labels = stem + "-labels-idx1-ubyte.gz";
    IdxReader.Images read = IdxReader.readImages(images, () -> resource(images));
    int[] classes =
        IdxReader.readLabels(labels, () -> resource(labels), read.count(), kind.classes());
    return new MemoryDataset(kind.info, read.height(), read.width(), read.pixels(), classes);
  }

  private static InputStream resource(String name) {
    InputStream in = Datasets.class.getResourceAsStream(name);
    if (in == null) {
      throw new IllegalStateException("the build lacks the resource " + name);
    }
    return in;
  }
}
