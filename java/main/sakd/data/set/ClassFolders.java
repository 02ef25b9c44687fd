package sakd.data.set;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.ClassNames;

/**
 * The parts of a set whose samples lie in a folder for each class: {@code train/cat/1.jpg}, {@code
 * val/cat/2.jpg}, or without parts {@code cat/1.jpg}.
 */
final class ClassFolders {
  private ClassFolders() {}

  /**
   * Lists a part of a set.
   *
   * @param extensions of samples, in lower case
   * @param note hears of what is left out or held out
   * @throws UserError if there are no class folders with samples, or those of the parts do not fit
   */
  static ClassSplit<Path> read(
      Path root, boolean train, Set<String> extensions, Consumer<String> note) {
    Optional<Path> training = part(root, true);
    Optional<Path> test = part(root, false);
    if (training.isEmpty() && test.isEmpty()) {
      requireClasses(root);
    }
    // What a part leaves out is said when that part is read.
    ClassSource<Path> first =
        training.isEmpty() && test.isPresent()
            ? null
            : classes(training.orElse(root), extensions, train ? note : silent -> {});
    ClassSource<Path> second = test.map(folder -> classes(folder, extensions, note)).orElse(null);
    return ClassSplit.of(root, first, second, train, note);
  }

  private static ClassSource<Path> classes(
      Path folder, Set<String> extensions, Consumer<String> note) {
    return new FolderClasses(folder, extensions, note);
  }

  /** Refuses train and test folders that hold samples themselves, or lie one folder deeper. */
  private static void requireClasses(Path root) {
    List<Path> folders = FolderListing.folders(root);
    List<String> parts =
        Stream.of(ClassSplit.TRAIN, ClassSplit.TEST).flatMap(List::stream).toList();
    if (!folders.isEmpty()
        && folders.stream().allMatch(f -> parts.stream().anyMatch(p -> isNamed(f, p)))) {
      throw new UserError(
          "no class folders in "
              + ClassNames.some(folders.stream().map(Path::toString).toList())
              + "; expected one folder for each class in each, sort the files into them");
    }
    if (folders.size() == 1) {
      Path only = folders.get(0);
      Stream.of(part(only, true), part(only, false))
          .flatMap(Optional::stream)
          .findFirst()
          .ifPresent(
              inner -> {
                throw new UserError(
                    root
                        + " holds the parts of a set one folder deeper, in "
                        + inner
                        + "; expected the folder they are in, give --data-path "
                        + only);
              });
    }
  }

  /** The folder of a part, such as {@code val}; empty if the set has none. */
  static Optional<Path> part(Path root, boolean train) {
    List<Path> folders = FolderListing.folders(root);
    // The names in their order of preference; n-cars_train counts as train.
    return names(train).stream()
        .flatMap(n -> folders.stream().filter(f -> isNamed(f, n) && hasClasses(f)))
        .findFirst();
  }

  private static List<String> names(boolean train) {
    return train ? ClassSplit.TRAIN : ClassSplit.TEST;
  }

  private static boolean isNamed(Path folder, String part) {
    String name = folder.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.equals(part) || name.endsWith("_" + part) || name.endsWith("-" + part);
  }

  /** A part has folders or archives in it: a folder of pictures of trains is a class. */
  private static boolean hasClasses(Path folder) {
    return !FolderListing.folders(folder).isEmpty()
        || FolderListing.files(folder).stream().anyMatch(TarShards::isShard);
  }
}
