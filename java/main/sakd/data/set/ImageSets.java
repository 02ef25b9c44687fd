package sakd.data.set;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.io.ImageFiles;
import sakd.io.IoErrors;

/**
 * Finds the pictures of a set too large for memory: in class folders, in tar shards, or as
 * Tiny-ImageNet lays them out. Their places are listed once, by all cores; nothing is decoded yet.
 */
final class ImageSets {
  private static final int TINY_SIDE = 64;

  /**
   * How deep class folders are searched for a first picture: part, class, and two inner folders.
   */
  private static final int DEPTH = 5;

  /** The order in which archives are read fastest. */
  private static final Comparator<ImageStore.Entry> BY_PLACE =
      Comparator.comparing(ImageStore.Entry::file).thenComparing(ImageStore.Entry::offset);

  private ImageSets() {}

  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    if (kind == DatasetKind.TINY_IMAGENET) {
      return ImageDataset.whole(kind.info, new ImageStore(tiny(root, train)), TINY_SIDE);
    }
    ClassSplit<ImageStore.Entry> pictures =
        hasShards(root)
            ? shards(root, train, options.note())
            : folders(root, train, options.note());
    return ImageDataset.cropped(kind.info, new ImageStore(pictures), options.imageSize());
  }

  /** Whether a folder looks like one of pictures, and which. */
  static Optional<DatasetKind> detect(Path root) {
    if (Files.isRegularFile(root.resolve("wnids.txt"))) {
      return Optional.of(DatasetKind.TINY_IMAGENET);
    }
    if (Files.isDirectory(root.resolve("train/n01440764"))
        || Files.isRegularFile(root.resolve("train/n01440764.tar"))) {
      return Optional.of(DatasetKind.IMAGENET);
    }
    return FolderListing.any(root, DEPTH, s -> ImageFiles.SUFFIXES.contains(s) || s.equals(".tar"))
        ? Optional.of(DatasetKind.IMAGE_FOLDER)
        : Optional.empty();
  }

  private static ClassSplit<ImageStore.Entry> folders(
      Path root, boolean train, Consumer<String> note) {
    return ClassFolders.read(root, train, ImageFiles.SUFFIXES, note).map(ImageStore.Entry::of);
  }

  private static boolean hasShards(Path root) {
    return Stream.of(
            Optional.of(root), ClassFolders.part(root, true), ClassFolders.part(root, false))
        .flatMap(Optional::stream)
        .anyMatch(folder -> !archives(folder).isEmpty());
  }

  private static ClassSplit<ImageStore.Entry> shards(
      Path root, boolean train, Consumer<String> note) {
    ClassSource<ImageStore.Entry> training = shardsOf(root, true, note);
    ClassSource<ImageStore.Entry> test = shardsOf(root, false, note);
    if (training == null && test == null) {
      training = new TarShards(archives(root));
    }
    return ClassSplit.of(root, training, test, train, note).sorted(BY_PLACE);
  }

  /**
   * The archives of a part: all in its own folder, which may have class folders instead, or those
   * that are named after it; null if there are none.
   */
  private static ClassSource<ImageStore.Entry> shardsOf(
      Path root, boolean train, Consumer<String> note) {
    Optional<Path> part = ClassFolders.part(root, train);
    List<Path> files =
        archives(part.orElse(root)).stream()
            .filter(f -> part.isPresent() || isNamed(f.getFileName().toString(), train))
            .toList();
    if (!files.isEmpty()) {
      return new TarShards(files);
    }
    return part.map(f -> new FolderClasses(f, ImageFiles.SUFFIXES, note).map(ImageStore.Entry::of))
        .orElse(null);
  }

  private static boolean isNamed(String archive, boolean train) {
    List<String> words = List.of(archive.toLowerCase(Locale.ROOT).split("[^a-z]+", -1));
    return (train ? ClassSplit.TRAIN : ClassSplit.TEST).stream().anyMatch(words::contains);
  }

  private static List<Path> archives(Path folder) {
    return FolderListing.files(folder).stream().filter(TarShards::isShard).toList();
  }

  /**
   * Tiny-ImageNet's parts: class folders for training, and for validation one folder with a table
   * of file and class.
   */
  private static ClassSplit<ImageStore.Entry> tiny(Path root, boolean train) {
    Path folder = root.resolve("train");
    // Its tables of boxes are left out, and that is no news.
    FolderClasses training = new FolderClasses(folder, ImageFiles.SUFFIXES, silent -> {});
    if (train) {
      return ClassSplit.of(root, training, training, true, silent -> {}).map(ImageStore.Entry::of);
    }
    List<String> classes = training.classNames();
    Path table = root.resolve("val/val_annotations.txt");
    List<ImageStore.Entry> pictures = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(table, StandardCharsets.ISO_8859_1)) {
        String[] cells = line.split("\t", -1);
        int label = cells.length < 2 ? -1 : classes.indexOf(cells[1]);
        if (label < 0) {
          throw IoErrors.damaged(table, "a line is '" + line + "'", "a file and a class of train");
        }
        pictures.add(ImageStore.Entry.of(table.resolveSibling("images").resolve(cells[0])));
        labels.add(label);
      }
    } catch (IOException e) {
      throw IoErrors.unreadable(table, "Tiny-ImageNet's table of validation pictures", e);
    }
    if (pictures.isEmpty()) {
      throw new UserError(table + " is empty; expected a line for each picture, unpack it again");
    }
    return new ClassSplit<>(classes, pictures, labels.stream().mapToInt(i -> i).toArray());
  }
}
