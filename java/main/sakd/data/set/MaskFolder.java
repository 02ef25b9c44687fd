package sakd.data.set;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * A folder {@code images} beside a folder {@code masks}, {@code labels} or {@code annotations} with
 * files of the same names. Its parts are folders around or within both ({@code train/images},
 * {@code images/train}) or lists beside them ({@code train.txt}); of a set without a test part the
 * last tenth is held out for it.
 */
final class MaskFolder {
  private static final String PICTURES = "images";
  private static final List<String> MASKS = List.of("masks", "labels", "annotations");
  private static final double TRAIN_SHARE = 0.9;

  /**
   * A part of a set.
   *
   * @param list of the names of its pictures, or null if it has all in the folders
   */
  private record Part(MaskPair.Folders folders, Path list) {
    List<MaskPair> pairs(Consumer<String> note) {
      return list == null
          ? MaskPair.all(folders, note)
          : MaskPair.listed(folders, lines(list), list);
    }
  }

  private MaskFolder() {}

  /** Whether a folder has this layout. */
  static boolean is(Path root) {
    return Stream.of(part(root, true), part(root, false), all(root))
        .flatMap(Optional::stream)
        .anyMatch(p -> FolderListing.any(p.folders.masks(), 3, MaskPair.MASKS::contains));
  }

  /**
   * The pictures of a part; empty if there is none.
   *
   * @param note hears of what is left out or held out
   */
  static Optional<List<MaskPair>> pairs(Path root, boolean train, Consumer<String> note) {
    Optional<Part> training = part(root, true);
    Optional<Part> test = part(root, false);
    if (!train && test.isPresent()) {
      return test.map(p -> p.pairs(note));
    }
    if (training.isPresent() && test.isPresent()) {
      return training.map(p -> p.pairs(note));
    }
    if (test.isPresent()) {
      return Optional.empty();
    }
    return training.or(() -> all(root)).map(p -> share(root, p.pairs(note), train, note));
  }

  /** The first nine tenths for training, or else the rest. */
  static <S> List<S> share(Path root, List<S> all, boolean train, Consumer<String> note) {
    int count = Math.min(all.size() - 1, (int) Math.ceil(TRAIN_SHARE * all.size()));
    if (train) {
      return all.subList(0, Math.max(1, count));
    }
    String none = root + " has no test part (" + String.join(", ", ClassSplit.TEST) + ")";
    if (count == 0) {
      throw new UserError(
          none + ", and only one picture; expected a test part or more pictures, add them");
    }
    note.accept(none + ": the last tenth of the pictures is held out");
    return all.subList(count, all.size());
  }

  private static Optional<Part> part(Path root, boolean train) {
    List<String> names = train ? ClassSplit.TRAIN : ClassSplit.TEST;
    return names.stream()
        .flatMap(
            name ->
                Stream.of(
                        folders(root.resolve(name), "").map(f -> new Part(f, null)),
                        folders(root, name).map(f -> new Part(f, null)),
                        folders(root, "")
                            .map(f -> new Part(f, root.resolve(name + ".txt")))
                            .filter(p -> Files.isRegularFile(p.list)))
                    .flatMap(Optional::stream))
        .findFirst();
  }

  private static Optional<Part> all(Path root) {
    return folders(root, "").map(f -> new Part(f, null));
  }

  private static Optional<MaskPair.Folders> folders(Path root, String inner) {
    return MASKS.stream()
        .map(
            masks ->
                new MaskPair.Folders(
                    root.resolve(PICTURES).resolve(inner), root.resolve(masks).resolve(inner)))
        .filter(MaskPair.Folders::exist)
        .findFirst();
  }

  /** The lines of a list that are not empty, without blanks around them. */
  static List<String> lines(Path list) {
    try {
      return Files.readAllLines(list).stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .toList();
    } catch (IOException e) {
      throw IoErrors.unreadable(list, "a text file with one name per line", e);
    }
  }
}
