package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.io.ImageFiles;

/**
 * A folder of Pascal VOC's form: {@code Annotations} with an XML file for each picture, {@code
 * JPEGImages} (or {@code images}), and lists in {@code ImageSets/Main}. Training is {@code
 * train.txt}, or else {@code trainval.txt} without what tests; the test part is {@code test.txt} if
 * its pictures have annotations, or else {@code val.txt}; where there is no list for it, the last
 * tenth is held out. Classes are the names in all files of the folder, sorted.
 */
final class VocFolder {
  private static final String ANNOTATIONS = "Annotations";
  private static final String XML = ".xml";
  private static final List<String> PICTURES = List.of("JPEGImages", "images", ANNOTATIONS);
  private static final String LISTS = "ImageSets/Main";

  private final Path home;

  /** The annotation files by the names of their pictures, in natural order. */
  private final Map<String, Path> files = new LinkedHashMap<>();

  private VocFolder(Path home) {
    this.home = home;
    for (Path file : FolderListing.samples(home.resolve(ANNOTATIONS), XML::equals).samples()) {
      files.put(stem(file), file);
    }
  }

  /** Whether a folder has this form, or one in it: what archives unpack to. */
  static boolean is(Path root) {
    return !homes(root).isEmpty();
  }

  private static List<Path> homes(Path root) {
    List<Path> around = new ArrayList<>(List.of(root));
    around.addAll(FolderListing.folders(root));
    Path kit = root.resolve("VOCdevkit");
    if (Files.isDirectory(kit)) {
      around.addAll(FolderListing.folders(kit));
    }
    return around.stream()
        .filter(f -> Files.isDirectory(f.resolve(ANNOTATIONS)))
        .filter(f -> FolderListing.any(f.resolve(ANNOTATIONS), 1, XML::equals))
        .toList();
  }

  /**
   * The folder of the set within the one that the user gave.
   *
   * @throws UserError if there is none, or more than one
   */
  static VocFolder in(Path root) {
    List<Path> homes = homes(root);
    if (homes.size() != 1) {
      throw new UserError(
          (homes.isEmpty() ? "no folder " + ANNOTATIONS + " with XML files" : "more than one set")
              + " in "
              + root
              + (homes.isEmpty()
                  ? ""
                  : " (" + ClassNames.some(homes.stream().map(Path::toString).toList()) + ")")
              + "; expected the folder of a set of Pascal VOC's form, give it with --data-path");
    }
    return new VocFolder(homes.get(0));
  }

  /**
   * The pictures of a part; empty if there is none.
   *
   * @param note hears of what is unusual
   */
  Optional<BoxPart> part(boolean train, Consumer<String> note) {
    return names(train, note).map(names -> read(names, note));
  }

  private Optional<List<String>> names(boolean train, Consumer<String> note) {
    Optional<Path> test =
        list("test.txt")
            .filter(l -> lines(l).stream().anyMatch(files::containsKey))
            .or(() -> list("val.txt"));
    Optional<Path> training = list("train.txt").or(() -> list("trainval.txt"));
    if (!train && test.isPresent()) {
      return test.map(this::listed);
    }
    if (test.isEmpty()) {
      List<String> all = training.map(this::listed).orElse(List.copyOf(files.keySet()));
      return Optional.of(MaskFolder.share(home, all, train, note));
    }
    Set<String> tested = new HashSet<>(listed(test.get()));
    Optional<List<String>> names =
        training.map(l -> listed(l).stream().filter(n -> !tested.contains(n)).toList());
    names.ifPresent(n -> sayUnused(n, tested, note));
    return names;
  }

  /** A user may take a list for training that is not. */
  private void sayUnused(List<String> training, Set<String> tested, Consumer<String> note) {
    Set<String> used = new HashSet<>(training);
    used.addAll(tested);
    long unused =
        list("val.txt")
            .map(l -> lines(l).stream().filter(n -> !used.contains(n)).count())
            .orElse(0L);
    if (unused > 0) {
      note.accept(
          home.resolve(LISTS).resolve("val.txt")
              + ": "
              + unused
              + " pictures are of neither part; training is train.txt, and the test part is test.txt");
    }
  }

  private Optional<Path> list(String name) {
    return Optional.of(home.resolve(LISTS).resolve(name)).filter(Files::isRegularFile);
  }

  private List<String> lines(Path list) {
    return MaskFolder.lines(list).stream()
        .map(line -> files.containsKey(line) ? line : line.split("\\s+", -1)[0])
        .map(line -> files.containsKey(line) ? line : withoutSuffix(line))
        .toList();
  }

  private List<String> listed(Path list) {
    List<String> names = lines(list);
    List<String> missing = names.stream().filter(n -> !files.containsKey(n)).toList();
    if (names.isEmpty() || !missing.isEmpty()) {
      throw new UserError(
          list
              + (names.isEmpty()
                  ? " names no picture"
                  : " names "
                      + missing.size()
                      + " pictures without an annotation ("
                      + ClassNames.some(missing)
                      + ")")
              + "; expected names of files in "
              + home.resolve(ANNOTATIONS)
              + ", fix the list or add them");
    }
    return names;
  }

  private BoxPart read(List<String> names, Consumer<String> note) {
    Map<Path, VocAnnotation> all = new HashMap<>();
    files.values().parallelStream()
        .map(file -> Map.entry(file, VocAnnotation.read(file)))
        .toList()
        .forEach(e -> all.put(e.getKey(), e.getValue()));
    List<String> classes = new ArrayList<>(List.of(BoxPart.BACKGROUND));
    classes.addAll(
        new TreeSet<>(
            all.values().stream()
                .flatMap(a -> a.objects().stream())
                .map(VocAnnotation.Item::name)
                .filter(name -> !name.equals(BoxPart.BACKGROUND))
                .toList()));
    Map<String, Path> pictures = pictures();
    List<String> missing = names.stream().filter(n -> !pictures.containsKey(n)).toList();
    if (!missing.isEmpty()) {
      throw new UserError(
          missing.size()
              + " annotations in "
              + home.resolve(ANNOTATIONS)
              + " have no picture ("
              + ClassNames.some(missing)
              + "); expected pictures of the same names ("
              + ImageFiles.FORMATS
              + ") in "
              + home.resolve(PICTURES.get(0))
              + ", add them or take the names off the list");
    }
    BoxChecks checks = new BoxChecks();
    List<BoxedPicture> part =
        names.stream()
            .map(n -> boxed(pictures.get(n), files.get(n), all.get(files.get(n)), classes, checks))
            .toList();
    checks.report(home.resolve(ANNOTATIONS), note);
    return new BoxPart(classes, part);
  }

  private static BoxedPicture boxed(
      Path picture, Path file, VocAnnotation said, List<String> classes, BoxChecks checks) {
    int[] size = {said.width(), said.height()};
    if (size[0] == 0 || size[1] == 0) {
      size = FilePictures.storedSize(picture);
    }
    List<BoxChecks.Box> boxes = new ArrayList<>();
    for (VocAnnotation.Item o : said.objects()) {
      int label = classes.indexOf(o.name());
      if (label == 0) {
        throw new UserError(
            file + " has an object of the class background; expected another name, rename it");
      }
      boxes.add(
          new BoxChecks.Box(
              label, o.left(), o.top(), o.right(), o.bottom(), Double.NaN, false, o.difficult()));
    }
    return new BoxedPicture(
        picture,
        size[0],
        size[1],
        checks.within(file.getFileName().toString(), boxes, size[0], size[1]));
  }

  private Map<String, Path> pictures() {
    Path folder =
        PICTURES.stream().map(home::resolve).filter(Files::isDirectory).findFirst().orElseThrow();
    Map<String, Path> pictures = new HashMap<>();
    FolderListing.samples(folder, ImageFiles.SUFFIXES::contains)
        .samples()
        .forEach(file -> pictures.put(stem(file), file));
    return pictures;
  }

  private static String stem(Path file) {
    return withoutSuffix(file.getFileName().toString());
  }

  private static String withoutSuffix(String name) {
    return name.substring(0, name.length() - ImageFiles.suffix(name).length());
  }
}
