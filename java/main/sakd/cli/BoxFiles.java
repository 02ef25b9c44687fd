package sakd.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import sakd.data.Placement;
import sakd.data.image.BoxPicture;
import sakd.infer.BoxPredictor;
import sakd.infer.Detection;
import sakd.model.ImageSpec;

/**
 * Writes pictures with the boxes of what was found in them into a folder: {@code cat.png} for
 * {@code a/cat.jpg}, in the size in which the network saw it.
 *
 * @param threshold the score of what is drawn, at least
 * @param how pictures became what the network saw
 */
record BoxFiles(Path folder, float threshold, ImageSpec how) {
  /** Whether an output is no folder but a file of results. */
  static boolean isResults(Path output) {
    return output.toString().endsWith(".json");
  }

  /** What is written for each picture. */
  PictureFiles files() {
    return new PictureFiles(folder, "picture", List.of(".png"));
  }

  /**
   * Writes a picture.
   *
   * @throws sakd.base.UserError if it cannot be written
   */
  void write(BoxPredictor.Found found) {
    Placement place = found.image().placement();
    double x = place.outWidth() / place.width();
    double y = place.outHeight() / place.height();
    List<BoxPicture.Box> boxes =
        found.detections().stream()
            .filter(d -> d.score() >= threshold)
            .map(d -> box(d, x, y))
            .collect(Collectors.toCollection(ArrayList::new));
    Collections.reverse(boxes); // The surest over the others.
    byte[] png =
        BoxPicture.png(
            how.pixels(found.image()), how.channels(), place.outHeight(), place.outWidth(), boxes);
    PictureFiles.write(files().of(found.name()).get(0), png);
  }

  private BoxPicture.Box box(Detection d, double x, double y) {
    String text = String.format(Locale.ROOT, "%s %.2f", how.className(d.label()), d.score());
    return new BoxPicture.Box(
        d.label(), text, d.left() * x, d.top() * y, d.right() * x, d.bottom() * y);
  }
}
