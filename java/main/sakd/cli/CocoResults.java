package sakd.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.infer.Detection;
import sakd.io.AtomicFile;
import sakd.io.Json;

/**
 * Detections as COCO's results, which its tools evaluate: a list of objects of {@code image_id},
 * {@code category_id}, {@code bbox} (left, top, width and height in pixels) and {@code score}.
 */
final class CocoResults {
  private final StringBuilder text = new StringBuilder("[");

  /**
   * Adds what was found in a picture.
   *
   * @param image its id: a {@code Long} or a name
   */
  void add(Object image, List<Detection> detections) {
    for (Detection d : detections) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("image_id", image);
      result.put("category_id", d.label());
      result.put("bbox", List.of(d.left(), d.top(), d.right() - d.left(), d.bottom() - d.top()));
      result.put("score", d.score());
      text.append(text.length() == 1 ? "\n" : ",\n").append(Json.format(result));
    }
  }

  /** The id of a picture: the number that its file is called by, as COCO's are, or its name. */
  static Object id(String picture) {
    String name = PictureFiles.base(picture);
    return name.matches("\\d{1,18}") ? (Object) Long.valueOf(name) : name;
  }

  /**
   * Writes all of them.
   *
   * @throws sakd.base.UserError if the file cannot be written
   */
  void write(Path file) {
    AtomicFile.writeText(file, text + "\n]\n");
  }
}
