package sakd.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * Finds the pictures of a set too large for memory: in class folders, in tar shards, or as
 * Tiny-ImageNet lays them out. Their places are listed once, by all cores; nothing is decoded yet.
 */
final class ImageSets {
  private static final Set<String> EXTENSIONS = Set.of(".jpg", ".jpeg", ".png", ".bmp", ".gif");
  private static final int TINY_SIDE = 64;

  private ImageSets() {}

  static Dataset read(DatasetKind kind, Path root, boolean train, ReadOptions options) {
    if (kind == DatasetKind.TINY_IMAGENET) {
      ImageStore store = train ? folders(root, true) : tinyTest(root);
      return new ImageDataset(kind.info, store, TINY_SIDE, true);
    }
    Path part = ClassFolders.part(root, train).orElse(root);
    List<Path> shards = shards(part, train, part.equals(root));
    ImageStore store = shards.isEmpty() ? folders(root, train) : unpacked(shards);
    return new ImageDataset(kind.info, store, options.imageSize(), false);
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
    Path part = ClassFolders.part(root, true).orElse(root);
    try (Stream<Path> files = Files.walk(part, 2)) {
      return files.anyMatch(f -> isPicture(f.toString()) || f.toString().endsWith(".tar"))
          ? Optional.of(DatasetKind.IMAGE_FOLDER)
          : Optional.empty();
    } catch (IOException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  private static ImageStore folders(Path root, boolean train) {
    return ImageStore.of(ClassFolders.read(root, train, EXTENSIONS));
  }

  private static boolean isPicture(String name) {
    return EXTENSIONS.contains(ClassFolders.extension(Path.of(name)));
  }

  /** The archives of a part: all in its own folder, or those that are named after it. */
  private static List<Path> shards(Path folder, boolean train, boolean mixed) {
    String start = train ? "train" : "val";
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".tar"))
          .filter(f -> !mixed || f.getFileName().toString().contains(start))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw IoErrors.unreadable(folder, "a folder of pictures or archives", e);
    }
  }

  private record Shard(Path file, List<ImageStore.Entry> pictures) {}

  /** Archives of one class each, named after it, or of pictures each beside a {@code .cls} file. */
  private static ImageStore unpacked(List<Path> files) {
    List<Shard> shards = files.parallelStream().map(ImageSets::list).toList();
    boolean numbered =
        shards.stream().flatMap(s -> s.pictures.stream()).anyMatch(e -> e.label() >= 0);
    List<ImageStore.Entry> pictures = new ArrayList<>();
    int classes = 0;
    for (int i = 0; i < shards.size(); i++) {
      for (ImageStore.Entry e : shards.get(i).pictures) {
        if (numbered && e.label() < 0) {
          throw IoErrors.damaged(e, "it has no label", "a file ending in .cls beside it");
        }
        int label = numbered ? e.label() : i;
        classes = Math.max(classes, label + 1);
        pictures.add(new ImageStore.Entry(e.file(), e.name(), e.offset(), e.length(), label));
      }
    }
    if (pictures.isEmpty()) {
      throw IoErrors.damaged(files.get(0), "it has no picture", "pictures in an archive");
    }
    List<String> names =
        numbered
            ? IntStream.range(0, classes).mapToObj(Integer::toString).toList()
            : files.stream().map(f -> f.getFileName().toString().replace(".tar", "")).toList();
    return new ImageStore(names, pictures);
  }

  /** The pictures of an archive, with label -1 where there is none. */
  private static Shard list(Path file) {
    String expected = "a complete tar archive of pictures";
    List<ImageStore.Entry> found = new ArrayList<>();
    Map<String, Integer> labels = new HashMap<>();
    try (TarFile tar = new TarFile(file)) {
      for (TarArchiveEntry e : tar.getEntries()) {
        String name = e.getName();
        if (!e.isFile()) {
          continue;
        }
        if (name.endsWith(".cls")) {
          if (e.getSize() > 20) {
            throw IoErrors.damaged(file, name + " is no label", expected);
          }
          String text;
          try (var in = tar.getInputStream(e)) {
            text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).strip();
          }
          if (!text.matches("\\d{1,6}")) {
            throw IoErrors.damaged(file, name + " is no label", "a class number");
          }
          labels.put(stem(name), Integer.valueOf(text));
        } else if (isPicture(name)) {
          if (e.getSize() > Files.size(file) - e.getDataOffset()) {
            throw IoErrors.damaged(file, "it ends within " + name, expected);
          }
          found.add(new ImageStore.Entry(file, name, e.getDataOffset(), e.getSize(), -1));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw IoErrors.damaged(file, "it cannot be listed (" + e.getMessage() + ")", expected);
    }
    return new Shard(
        file,
        found.stream()
            .map(
                e ->
                    new ImageStore.Entry(
                        file,
                        e.name(),
                        e.offset(),
                        e.length(),
                        labels.getOrDefault(stem(e.name()), -1)))
            .toList());
  }

  /** A name without its ending: WebDataset's key. */
  private static String stem(String name) {
    int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
    return dot < 0 ? name : name.substring(0, dot);
  }

  /** Tiny-ImageNet's validation pictures: one folder, and a table of file and class. */
  private static ImageStore tinyTest(Path root) {
    List<String> classes = folders(root, true).classNames();
    Path table = root.resolve("val/val_annotations.txt");
    List<ImageStore.Entry> pictures = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(table, StandardCharsets.ISO_8859_1)) {
        String[] cells = line.split("\t", -1);
        int label = cells.length < 2 ? -1 : classes.indexOf(cells[1]);
        if (label < 0) {
          throw IoErrors.damaged(table, "a line is '" + line + "'", "a file and a class of train");
        }
        Path file = table.resolveSibling("images").resolve(cells[0]);
        pictures.add(new ImageStore.Entry(file, null, 0, -1, label));
      }
    } catch (IOException e) {
      throw IoErrors.unreadable(table, "Tiny-ImageNet's table of validation pictures", e);
    }
    if (pictures.isEmpty()) {
      throw new UserError(table + " is empty; expected a line for each picture, unpack it again");
    }
    return new ImageStore(classes, pictures);
  }
}
