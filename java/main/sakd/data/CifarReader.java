package sakd.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * CIFAR-10 and CIFAR-100 in their binary layout: records of the label (CIFAR-100: the coarse and
 * the fine label, of which the fine one counts) and the 3072 pixels of an image, {@code [3, 32,
 * 32]}.
 */
public final class CifarReader {
  private static final int SIDE = 32;
  private static final int IMAGE_BYTES = 3 * SIDE * SIDE;

  private static final Layout CIFAR10 =
      new Layout(
          DatasetKind.CIFAR10,
          1,
          "cifar-10-batches-bin",
          List.of(
              "data_batch_1.bin",
              "data_batch_2.bin",
              "data_batch_3.bin",
              "data_batch_4.bin",
              "data_batch_5.bin"),
          List.of("test_batch.bin"),
          "batches.meta.txt");

  private static final Layout CIFAR100 =
      new Layout(
          DatasetKind.CIFAR100,
          2,
          "cifar-100-binary",
          List.of("train.bin"),
          List.of("test.bin"),
          "fine_label_names.txt");

  private CifarReader() {}

  /** What tells the two sets apart; the last of a record's label bytes is the label. */
  private record Layout(
      DatasetKind kind,
      int labelBytes,
      String subfolder,
      List<String> trainFiles,
      List<String> testFiles,
      String namesFile) {}

  /**
   * Reads CIFAR-10.
   *
   * @param folder the folder of the binary files, or the one above it
   * @param train the 50,000 training images, or else the 10,000 test images
   * @throws UserError if a file is missing, cannot be read or is damaged
   */
  public static Dataset readCifar10(Path folder, boolean train) {
    return read(CIFAR10, folder, train);
  }

  /** Reads CIFAR-100 with its 100 fine labels; as {@link #readCifar10}. */
  public static Dataset readCifar100(Path folder, boolean train) {
    return read(CIFAR100, folder, train);
  }

  /** Whether the folder, or its usual subfolder, has a file of CIFAR-10. */
  static boolean holdsCifar10(Path folder) {
    return holds(CIFAR10, folder);
  }

  /** Whether the folder, or its usual subfolder, has a file of CIFAR-100. */
  static boolean holdsCifar100(Path folder) {
    return holds(CIFAR100, folder);
  }

  private static boolean holds(Layout layout, Path folder) {
    Path inner = inner(layout, folder);
    return Files.isRegularFile(inner.resolve(layout.trainFiles.get(0)))
        || Files.isRegularFile(inner.resolve(layout.testFiles.get(0)));
  }

  private static Path inner(Layout layout, Path folder) {
    Path subfolder = folder.resolve(layout.subfolder);
    return Files.isDirectory(subfolder) ? subfolder : folder;
  }

  private static Dataset read(Layout layout, Path root, boolean train) {
    Path folder = inner(layout, root);
    List<String> names = train ? layout.trainFiles : layout.testFiles;
    List<Path> files = names.stream().map(folder::resolve).toList();
    for (Path file : files) {
      if (!Files.isRegularFile(file)) {
        throw new UserError(
            layout.kind.title
                + ": no "
                + file.getFileName()
                + " in "
                + folder
                + "; expected "
                + String.join(", ", names)
                + " of the binary version, give their folder with --data-path");
      }
    }
    int[] counts = files.stream().mapToInt(f -> count(layout, f)).toArray();
    long total = 0;
    for (int count : counts) {
      total += count;
    }
    if (total * IMAGE_BYTES > Integer.MAX_VALUE - 8) {
      throw new UserError(
          folder + ": the files hold " + total + " images; expected 50000 or 10000 as published");
    }
    byte[] images = new byte[(int) total * IMAGE_BYTES];
    int[] labels = new int[(int) total];
    int start = 0;
    for (int i = 0; i < counts.length; i++) {
      readFile(layout, files.get(i), images, labels, start, start + counts[i]);
      start += counts[i];
    }
    return new MemoryDataset(
        layout.kind.info.withClassNames(classNames(layout, folder)), SIDE, SIDE, images, labels);
  }

  /** The number of images, from the file's size: there is no header. */
  private static int count(Layout layout, Path file) {
    int record = layout.labelBytes + IMAGE_BYTES;
    try {
      long size = Files.size(file);
      if (size == 0 || size % record != 0 || size / record > Integer.MAX_VALUE) {
        throw IoErrors.damaged(
            file,
            "it has " + size + " bytes",
            "a multiple of " + record + ", the bytes of an image");
      }
      return (int) (size / record);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a binary file of " + layout.kind.title, e);
    }
  }

  private static void readFile(
      Layout layout, Path file, byte[] images, int[] labels, int start, int end) {
    int classes = layout.kind.classes();
    byte[] label = new byte[layout.labelBytes];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (int i = start; i < end; i++) {
        if (in.readNBytes(label, 0, label.length) < label.length
            || in.readNBytes(images, i * IMAGE_BYTES, IMAGE_BYTES) < IMAGE_BYTES) {
          throw IoErrors.damaged(file, "it became shorter while it was read", "a complete file");
        }
        labels[i] = label[label.length - 1] & 0xff;
        if (labels[i] >= classes) {
          throw IoErrors.damaged(
              file,
              "the label of image " + (i - start) + " is " + labels[i],
              "labels below " + classes);
        }
      }
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a binary file of " + layout.kind.title, e);
    }
  }

  private static List<String> classNames(Layout layout, Path folder) {
    Path file = folder.resolve(layout.namesFile);
    int classes = layout.kind.classes();
    if (!Files.isRegularFile(file)) {
      return layout.kind.info.classNames();
    }
    try {
      // A names file is a few hundred bytes; anything large is not one.
      if (Files.size(file) > 1 << 16) {
        throw IoErrors.damaged(file, "it is too large", classes + " class names, one a line");
      }
      List<String> names =
          Files.readAllLines(file).stream().map(String::strip).filter(s -> !s.isEmpty()).toList();
      if (names.size() != classes) {
        throw IoErrors.damaged(
            file, "it has " + names.size() + " lines", classes + " class names, one a line");
      }
      return names;
    } catch (CharacterCodingException e) {
      throw IoErrors.damaged(file, "it is not UTF-8", classes + " class names, one a line");
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "class names", e);
    }
  }
}
