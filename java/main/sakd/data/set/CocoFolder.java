package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.io.IoErrors;

/**
 * A folder of COCO's form. Either {@code annotations/instances_PART.json} with pictures in {@code
 * PART}, {@code images/PART} or {@code images}, where PART begins with train, test or val, such as
 * train2017; or folders of parts with pictures and {@code _annotations.coco.json}, as Roboflow
 * exports them. Where there is but one part, whatever its name, its last tenth is held out.
 */
final class CocoFolder {
  private static final String ANNOTATIONS = "annotations";
  private static final String INSTANCES = "instances_";
  private static final String PICTURES = "images";
  private static final String BESIDE = "_annotations.coco.json";
  private static final String JSON = ".json";

  private final Path root;

  /** Files by the names of their parts. */
  private final SortedMap<String, Path> files = new TreeMap<>();

  CocoFolder(Path root) {
    this.root = root;
    if (Files.isDirectory(root.resolve(ANNOTATIONS))) {
      for (Path file : FolderListing.files(root.resolve(ANNOTATIONS))) {
        String name = file.getFileName().toString();
        if (name.startsWith(INSTANCES) && name.endsWith(JSON)) {
          files.put(name.substring(INSTANCES.length(), name.length() - JSON.length()), file);
        }
      }
    }
    if (files.isEmpty()) {
      Stream.concat(ClassSplit.TRAIN.stream(), ClassSplit.TEST.stream())
          .filter(part -> Files.isRegularFile(root.resolve(part).resolve(BESIDE)))
          .forEach(part -> files.put(part, root.resolve(part).resolve(BESIDE)));
    }
  }

  /** Whether the folder has this form. */
  boolean is() {
    return !files.isEmpty();
  }

  /**
   * The pictures of a part; empty if there is none.
   *
   * @param note hears of what is unusual
   * @throws UserError if a file is damaged, a picture is missing, or the test part has a class that
   *     training lacks
   */
  Optional<BoxPart> part(boolean train, Consumer<String> note) {
    Optional<Path> training = file(ClassSplit.TRAIN);
    Optional<Path> test = file(ClassSplit.TEST);
    if (files.size() == 1 && test.isEmpty()) {
      Path only = files.get(files.firstKey());
      BoxPart all = read(only, CocoClasses::of, note);
      return Optional.of(
          new BoxPart(all.classNames(), MaskFolder.share(root, all.pictures(), train, note)));
    }
    if (train || training.isEmpty()) {
      return (train ? training : test).map(file -> read(file, CocoClasses::of, note));
    }
    return test.map(
        file -> {
          SortedMap<Long, String> known = CocoJson.categories(training.get());
          return read(file, own -> CocoClasses.of(known).naming(own), note);
        });
  }

  private Optional<Path> file(List<String> names) {
    for (String name : names) {
      List<String> parts = files.keySet().stream().filter(part -> part.startsWith(name)).toList();
      if (parts.size() > 1) {
        throw new UserError(
            root
                + " has more than one part of that kind ("
                + ClassNames.some(parts)
                + "); expected one, move the annotations of the others away");
      }
      if (!parts.isEmpty()) {
        return Optional.of(files.get(parts.get(0)));
      }
    }
    return Optional.empty();
  }

  private BoxPart read(
      Path file, Function<SortedMap<Long, String>, CocoClasses> numbering, Consumer<String> note) {
    CocoJson json = CocoJson.read(file);
    CocoClasses classes = numbering.apply(json.categories);
    Map<Long, List<CocoJson.Annotation>> ofImages = new HashMap<>();
    for (CocoJson.Image image : json.images) {
      if (ofImages.put(image.id(), new ArrayList<>()) != null) {
        throw IoErrors.damaged(
            file, "two pictures have the id " + image.id(), "an id for each picture");
      }
    }
    int strays = 0;
    for (CocoJson.Annotation a : json.annotations) {
      List<CocoJson.Annotation> same = ofImages.get(a.image());
      if (same == null) {
        strays++;
      } else {
        same.add(a);
      }
    }
    if (strays > 0) {
      note.accept(file + ": passed over " + strays + " annotations of pictures it does not have");
    }
    List<Path> pictures = pictures(file, json.images);
    BoxChecks checks = new BoxChecks();
    List<BoxedPicture> part = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      CocoJson.Image image = json.images.get(i);
      List<BoxChecks.Box> boxes = new ArrayList<>();
      for (CocoJson.Annotation a : ofImages.get(image.id())) {
        boxes.add(box(a, classes.number(file, json.categories, a.category())));
      }
      int[] size = {image.width(), image.height()};
      if (size[0] == 0 || size[1] == 0) {
        size = FilePictures.storedSize(pictures.get(i));
      }
      part.add(
          new BoxedPicture(
              pictures.get(i),
              size[0],
              size[1],
              checks.within(image.file(), boxes, size[0], size[1])));
    }
    checks.report(file, note);
    return new BoxPart(classes.names(), part);
  }

  private static BoxChecks.Box box(CocoJson.Annotation a, int label) {
    return new BoxChecks.Box(
        label,
        a.left(),
        a.top(),
        a.left() + a.width(),
        a.top() + a.height(),
        a.area(),
        a.crowd(),
        false);
  }

  /** Where the pictures of a part lie. */
  private List<Path> pictures(Path file, List<CocoJson.Image> images) {
    String name = file.getFileName().toString();
    List<Path> folders = new ArrayList<>();
    if (name.equals(BESIDE)) {
      folders.add(file.getParent());
    } else {
      String part = name.substring(INSTANCES.length(), name.length() - JSON.length());
      folders.add(root.resolve(part));
      folders.add(root.resolve(PICTURES).resolve(part));
      folders.add(root.resolve(PICTURES));
      folders.add(root);
    }
    List<Path> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (CocoJson.Image image : images) {
      folders.stream()
          .map(folder -> folder.resolve(image.file()))
          .filter(Files::isRegularFile)
          .findFirst()
          .ifPresentOrElse(found::add, () -> missing.add(image.file()));
    }
    if (!missing.isEmpty()) {
      throw new UserError(
          missing.size()
              + " of the "
              + images.size()
              + " pictures of "
              + file
              + " are missing ("
              + ClassNames.some(missing)
              + "); expected them in "
              + folders.get(0)
              + ", unpack the pictures there");
    }
    return found;
  }
}
