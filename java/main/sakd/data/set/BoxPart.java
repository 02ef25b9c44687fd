package sakd.data.set;

import java.util.List;

/**
 * A part of a set of pictures with objects, as its files have it.
 *
 * @param classNames by class number, the background first
 */
record BoxPart(List<String> classNames, List<BoxedPicture> pictures) {
  /** What class 0 is called. */
  static final String BACKGROUND = "background";

  /** Its pictures with an object, whichever. */
  List<BoxedPicture> filled() {
    return pictures.stream().filter(p -> !p.objects().isEmpty()).toList();
  }
}
