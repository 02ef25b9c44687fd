package sakd.data.set;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.io.ImageFiles;

/**
 * A folder with a folder for each class, as torchvision's ImageFolder has them: ordered by their
 * names, and the samples of a class are the files below it. Folders whose names are one in Unicode
 * are one class.
 */
final class FolderClasses implements ClassSource<Path> {
  /** The order of names that Python has. */
  private static final Comparator<String> BY_CODE_POINT =
      (a, b) -> Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());

  private final Path folder;
  private final Set<String> extensions;
  private final Consumer<String> note;

  /** The folders of each class. */
  private final Map<String, List<Path>> folders;

  /**
   * @param extensions of samples, in lower case
   * @param note hears of files that are left out when {@link #samples} lists them
   */
  FolderClasses(Path folder, Set<String> extensions, Consumer<String> note) {
    this.folder = folder;
    this.extensions = extensions;
    this.note = note;
    FolderListing.requireLinks(folder);
    folders =
        FolderListing.folders(folder).stream()
            .collect(
                Collectors.groupingBy(
                    f -> ClassNames.composed(f.getFileName().toString()),
                    () -> new TreeMap<>(BY_CODE_POINT),
                    Collectors.toList()));
  }

  @Override
  public List<String> classNames() {
    return folders.entrySet().stream()
        .filter(
            e ->
                e.getValue().stream()
                    .anyMatch(f -> FolderListing.any(f, Integer.MAX_VALUE, extensions::contains)))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public Map<String, List<Path>> samples() {
    Map<String, List<Path>> all = new LinkedHashMap<>();
    Map<String, Integer> others = new TreeMap<>();
    List<String> empty = new ArrayList<>();
    for (Map.Entry<String, List<Path>> entry : folders.entrySet()) {
      List<Path> samples = new ArrayList<>();
      for (Path inner : entry.getValue()) {
        FolderListing.Found found = FolderListing.samples(inner, extensions::contains);
        samples.addAll(found.samples());
        found.others().forEach((suffix, count) -> others.merge(suffix, count, Integer::sum));
      }
      if (samples.isEmpty()) {
        empty.add(entry.getKey());
      } else {
        all.put(entry.getKey(), samples);
      }
    }
    int beside =
        (int)
            FolderListing.files(folder).stream()
                .filter(f -> extensions.contains(ImageFiles.suffix(f.getFileName().toString())))
                .count();
    if (all.isEmpty()) {
      throw new UserError(
          "no class folders with files ending in "
              + String.join(", ", extensions.stream().sorted().toList())
              + " in "
              + folder
              + (others.isEmpty() ? "" : ", only " + ofFormats(others))
              + (beside == 0 ? "" : ", but " + files(beside) + " outside of any")
              + "; expected one folder for each class, check --data-path");
    }
    if (!empty.isEmpty()) {
      note.accept(
          folder + ": folders without samples are no classes (" + ClassNames.some(empty) + ")");
    }
    if (!others.isEmpty()) {
      note.accept(
          folder + ": left out " + ofFormats(others) + " of formats that are not read here");
    }
    if (beside > 0) {
      note.accept(folder + ": left out " + files(beside) + " outside of any class folder");
    }
    return all;
  }

  private static String files(int count) {
    return count == 1 ? "1 file" : count + " files";
  }

  /** Such as: 6 files (.heic, .txt). */
  private static String ofFormats(Map<String, Integer> others) {
    return files(others.values().stream().mapToInt(i -> i).sum())
        + " ("
        + ClassNames.some(
            others.keySet().stream().map(s -> s.isEmpty() ? "without suffix" : s).toList())
        + ")";
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
