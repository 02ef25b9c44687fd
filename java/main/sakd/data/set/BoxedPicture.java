package sakd.data.set;

import java.nio.file.Path;
import java.util.List;
import sakd.data.ObjectBox;

/**
 * The file of a picture, and what its annotation says.
 *
 * @param width in pixels
 * @param height in pixels
 * @param objects within the picture
 */
record BoxedPicture(Path file, int width, int height, List<ObjectBox> objects) {
  BoxedPicture {
    objects = List.copyOf(objects);
  }
}
