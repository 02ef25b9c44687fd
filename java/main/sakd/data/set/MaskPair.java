package sakd.data.set;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.io.ImageFiles;

/** The files of a picture and of its mask. */
record MaskPair(Path picture, Path mask) {
  /** How the names of masks end: formats without losses. */
  static final Set<String> MASKS = Set.of(".png", ".tif", ".tiff", ".bmp", ".gif", ".pgm");

  /**
   * Two folders, whose files belong together by their names.
   *
   * @param pictures folder of pictures, which may have folders in it
   * @param masks folder of masks, with the same folders in it
   * @param pictureEnding what the names of pictures have before the dot and masks do not
   * @param maskEnding what the names of masks have there; other files are no masks
   */
  record Folders(Path pictures, Path masks, String pictureEnding, String maskEnding) {
    Folders(Path pictures, Path masks) {
      this(pictures, masks, "", "");
    }

    boolean exist() {
      return Files.isDirectory(pictures) && Files.isDirectory(masks);
    }
  }

  /**
   * All pictures of a folder, in natural order, with their masks.
   *
   * @param note hears of masks without a picture
   * @throws UserError if there is no picture, one has no mask, or two have one name
   */
  static List<MaskPair> all(Folders folders, Consumer<String> note) {
    Map<String, Path> pictures =
        named(folders.pictures, ImageFiles.SUFFIXES, folders.pictureEnding);
    Map<String, Path> masks = named(folders.masks, MASKS, folders.maskEnding);
    List<MaskPair> pairs = new ArrayList<>();
    pictures.forEach((name, picture) -> pairs.add(pair(folders, name, picture, masks.get(name))));
    if (pairs.isEmpty()) {
      throw new UserError(
          "no pictures ("
              + ImageFiles.FORMATS
              + ") in "
              + folders.pictures
              + "; expected some with masks of the same names in "
              + folders.masks
              + ", check --data-path");
    }
    masks.keySet().removeAll(pictures.keySet());
    if (!masks.isEmpty()) {
      note.accept(
          folders.masks
              + ": left out "
              + masks.size()
              + " masks without a picture ("
              + ClassNames.some(List.copyOf(masks.keySet()))
              + ")");
    }
    return pairs;
  }

  /**
   * The pictures that a list names, in its order, with their masks.
   *
   * @param names with or without folders and endings
   * @param list named in errors
   * @throws UserError if one is not there
   */
  static List<MaskPair> listed(Folders folders, List<String> names, Path list) {
    Map<String, Path> pictures =
        named(folders.pictures, ImageFiles.SUFFIXES, folders.pictureEnding);
    Map<String, Path> masks = named(folders.masks, MASKS, folders.maskEnding);
    List<MaskPair> pairs = new ArrayList<>();
    for (String listed : names) {
      String base = listed.substring(listed.lastIndexOf('/') + 1);
      String name =
          Stream.of(listed, withoutSuffix(listed), base, withoutSuffix(base))
              .filter(pictures::containsKey)
              .findFirst()
              .orElseThrow(
                  () ->
                      new UserError(
                          list
                              + " names "
                              + listed
                              + ", which is not in "
                              + folders.pictures
                              + "; expected the name of a picture in each line, fix the list or"
                              + " add the picture"));
      pairs.add(pair(folders, name, pictures.get(name), masks.get(name)));
    }
    if (pairs.isEmpty()) {
      throw new UserError(
          list + " names no picture; expected the name of one in each line, fix the list");
    }
    return pairs;
  }

  private static MaskPair pair(Folders folders, String name, Path picture, Path mask) {
    if (mask == null) {
      throw new UserError(
          picture
              + " has no mask; expected "
              + name
              + folders.maskEnding
              + ".png (or "
              + String.join(", ", MASKS.stream().filter(s -> !s.equals(".png")).sorted().toList())
              + ") in "
              + folders.masks
              + ", add it or remove the picture");
    }
    return new MaskPair(picture, mask);
  }

  /** Files by their path in the folder, without what their names end in; in natural order. */
  private static Map<String, Path> named(Path folder, Set<String> suffixes, String ending) {
    Map<String, Path> files = new LinkedHashMap<>();
    for (Path file : FolderListing.samples(folder, suffixes::contains).samples()) {
      String name = withoutSuffix(folder.relativize(file).toString().replace('\\', '/'));
      if (!name.endsWith(ending)) {
        continue;
      }
      Path other = files.put(name.substring(0, name.length() - ending.length()), file);
      if (other != null) {
        throw new UserError(
            other
                + " and "
                + file
                + " have one name; expected one file per picture or mask, remove or rename one");
      }
    }
    return files;
  }

  private static String withoutSuffix(String name) {
    return name.substring(0, name.length() - ImageFiles.suffix(name).length());
  }
}
