package sakd.data.set;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.io.ImageFiles;
import sakd.io.IoErrors;

/**
 * Lists folders of a data set. Links are followed; what has a name that starts with a dot, and
 * macOS's {@code __MACOSX}, is no data.
 */
final class FolderListing {
  private static final int DIGITS = 18;
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /** Orders names with the numbers in them by value: 2 before 10. */
  private static final Comparator<Path> NATURAL =
      Comparator.<Path, String>comparing(p -> padded(p.getFileName().toString()))
          .thenComparing(Comparator.naturalOrder());

  private FolderListing() {}

  /**
   * The files below a folder.
   *
   * @param samples those with one of the wanted endings, in natural order
   * @param others how many have another, by ending
   */
  record Found(List<Path> samples, Map<String, Integer> others) {}

  static boolean isHidden(String name) {
    return name.startsWith(".") || name.equals("__MACOSX");
  }

  /** The folders in a folder, ordered by their names. */
  static List<Path> folders(Path root) {
    return inner(root).filter(Files::isDirectory).sorted().toList();
  }

  /** The files in a folder, without those in folders in it, ordered by their names. */
  static List<Path> files(Path root) {
    return inner(root).filter(Files::isRegularFile).sorted().toList();
  }

  private static Stream<Path> inner(Path root) {
    try (Stream<Path> inner = Files.list(root)) {
      return inner.filter(f -> !isHidden(f.getFileName().toString())).toList().stream();
    } catch (IOException e) {
      throw IoErrors.unreadable(root, "a folder of samples", e);
    }
  }

  /**
   * Refuses links that lead nowhere, whose class would be lost without a word.
   *
   * @throws UserError naming the first
   */
  static void requireLinks(Path root) {
    inner(root)
        .filter(file -> Files.isSymbolicLink(file) && !Files.exists(file))
        .findFirst()
        .ifPresent(
            file -> {
              throw deadLink(file);
            });
  }

  private static UserError deadLink(Path file) {
    return new UserError(
        file + " is a link to what is not there; expected samples, fix or remove the link");
  }

  /** All files below a folder. */
  static Found samples(Path folder, Predicate<String> wanted) {
    List<Path> samples = new ArrayList<>();
    Map<String, Integer> others = new TreeMap<>();
    walk(
        folder,
        Integer.MAX_VALUE,
        (file, attributes) -> {
          String suffix = ImageFiles.suffix(file.getFileName().toString());
          if (wanted.test(suffix)) {
            if (attributes.isSymbolicLink()) { // One that could not be followed.
              throw deadLink(file);
            }
            samples.add(file);
          } else {
            others.merge(suffix, 1, Integer::sum);
          }
          return true;
        });
    samples.sort(NATURAL);
    return new Found(samples, others);
  }

  /** Whether there is a file with one of the wanted endings so many folders deep. */
  static boolean any(Path folder, int depth, Predicate<String> wanted) {
    boolean[] found = new boolean[1];
    walk(
        folder,
        depth,
        (file, attributes) -> {
          found[0] =
              attributes.isRegularFile()
                  && wanted.test(ImageFiles.suffix(file.getFileName().toString()));
          return !found[0];
        });
    return found[0];
  }

  /** Shows every file, until one of them was enough. */
  private static void walk(Path folder, int depth, BiPredicate<Path, BasicFileAttributes> more) {
    try {
      Files.walkFileTree(
          folder,
          EnumSet.of(FileVisitOption.FOLLOW_LINKS),
          depth,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path inner, BasicFileAttributes attributes) {
              return !inner.equals(folder) && isHidden(inner.getFileName().toString())
                  ? FileVisitResult.SKIP_SUBTREE
                  : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              return attributes.isDirectory()
                      || isHidden(file.getFileName().toString())
                      || more.test(file, attributes)
                  ? FileVisitResult.CONTINUE
                  : FileVisitResult.TERMINATE;
            }
          });
    } catch (FileSystemLoopException e) {
      throw new UserError(
          e.getFile()
              + " is a link back to a folder that it is in; expected links that lead elsewhere,"
              + " remove it",
          e);
    } catch (IOException e) {
      throw IoErrors.unreadable(
          e instanceof java.nio.file.FileSystemException f ? f.getFile() : folder,
          "a folder of samples",
          e);
    }
  }

  private static String padded(String name) {
    return NUMBER
        .matcher(name)
        .replaceAll(m -> "0".repeat(Math.max(0, DIGITS - m.group().length())) + m.group());
  }
}
