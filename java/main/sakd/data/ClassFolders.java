package sakd.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * Samples sorted into a folder for each class, as torchvision's ImageFolder has them: the classes
 * are the folders' names in their order, the samples of a class the files below it in theirs, a
 * number in a name by its value.
 *
 * @param classNames the folders' names
 * @param files every sample, class by class
 * @param labels the class number of each
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ClassFolders(List<String> classNames, List<Path> files, int[] labels) {
  private static final List<String> TRAIN = List.of("train", "training");
  private static final List<String> TEST = List.of("test", "val", "validation", "valid", "testing");

  /** Of a set without parts, nine tenths of each class are for training, as in SpikingJelly. */
  private static final double TRAIN_SHARE = 0.9;

  /** Orders names with the numbers in them by value: 2 before 10. */
  private static final Comparator<Path> NATURAL =
      Comparator.comparing(p -> padded(p.getFileName().toString()));

  /**
   * Lists a part of a set: of its train or test folder, or else of all folders in it the first nine
   * tenths of each class or the rest.
   *
   * @param extensions of samples, in lower case
   * @throws UserError if there are no class folders with samples
   */
  static ClassFolders read(Path root, boolean train, Set<String> extensions) {
    Optional<Path> part = part(root, train);
    if (part.isPresent()) {
      return list(part.get(), extensions, 0, 1);
    }
    return train ? list(root, extensions, 0, TRAIN_SHARE) : list(root, extensions, TRAIN_SHARE, 1);
  }

  /** The folder of a part, such as {@code val}; empty if the set has none. */
  static Optional<Path> part(Path root, boolean train) {
    List<String> names = train ? TRAIN : TEST;
    List<Path> folders = folders(root);
    // The names in their order of preference; n-cars_train counts as train.
    return names.stream()
        .flatMap(
            n ->
                folders.stream()
                    .filter(
                        f -> {
                          String name = f.getFileName().toString().toLowerCase(Locale.ROOT);
                          return name.equals(n) || name.endsWith("_" + n) || name.endsWith("-" + n);
                        }))
        .findFirst();
  }

  private static ClassFolders list(Path folder, Set<String> extensions, double from, double to) {
    List<String> names = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (Path inner : folders(folder)) {
      List<Path> samples = samples(inner, extensions);
      if (samples.isEmpty()) {
        continue;
      }
      int first = (int) Math.ceil(from * samples.size());
      int last = (int) Math.ceil(to * samples.size());
      for (Path sample : samples.subList(first, last)) {
        files.add(sample);
        labels.add(names.size());
      }
      names.add(inner.getFileName().toString());
    }
    if (files.isEmpty()) {
      throw new UserError(
          "no class folders with files ending in "
              + String.join(", ", extensions.stream().sorted().toList())
              + " in "
              + folder
              + "; expected one folder for each class, check --data-path");
    }
    return new ClassFolders(names, files, labels.stream().mapToInt(i -> i).toArray());
  }

  private static List<Path> folders(Path root) {
    try (Stream<Path> inner = Files.list(root)) {
      return inner.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw IoErrors.unreadable(root, "a folder of classes", e);
    }
  }

  private static List<Path> samples(Path folder, Set<String> extensions) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> extensions.contains(extension(f)) && Files.isRegularFile(f))
          .sorted(NATURAL)
          .toList();
    } catch (IOException | java.io.UncheckedIOException e) {
      IOException cause = e instanceof IOException io ? io : new IOException(e.getMessage(), e);
      throw IoErrors.unreadable(folder, "the samples of a class", cause);
    }
  }

  /** The ending of a name in lower case, with its dot; empty if it has none. */
  static String extension(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 0 ? "" : name.substring(dot).toLowerCase(Locale.ROOT);
  }

  private static String padded(String name) {
    return java.util.regex.Pattern.compile("\\d+")
        .matcher(name)
        .replaceAll(
            m ->
                m.group().length() > 18
                    ? m.group()
                    : "0".repeat(18 - m.group().length()) + m.group());
  }
}
