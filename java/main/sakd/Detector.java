package sakd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.data.Targets;
import sakd.infer.BoxPredictor;
import sakd.infer.ImageReader;
import sakd.infer.PictureReader;

/** A trained network that finds objects in pictures: {@link Sakd#loadDetector}. */
public final class Detector extends TrainedNetwork {
  Detector(Path weights, String device) {
    super(weights, device, Targets.Kind.BOXES);
  }

  /**
   * An object in a picture.
   *
   * @param name of its class
   * @param label class number, from 1
   * @param score how sure the network is, more than 0.05 and at most 1
   * @param left the left edge in pixels of the picture, 0 at the picture's own
   * @param top the upper edge
   * @param right at least left
   * @param bottom at least top
   */
  public record Detection(
      String name, int label, float score, float left, float top, float right, float bottom) {}

  /**
   * What is in each picture, the surest first, at most 300 objects; pictures are read as they are
   * needed.
   *
   * @param files JPEG, PNG, GIF, BMP, WebP, TIFF or PPM
   * @throws sakd.base.UserError if one is no picture, or what the network says is not finite
   */
  public List<List<Detection>> predict(List<Path> files) {
    List<List<Detection>> found = new ArrayList<>();
    long mostValues = BoxPredictor.mostValues(about().channels(), about().classes());
    try (ImageReader reader = PictureReader.fitted(pictures, files)) {
      while (reader.hasNext()) {
        BoxPredictor.predict(ops, model.network(), reader.batch(BATCH, mostValues), storage)
            .forEach(picture -> found.add(picture.detections().stream().map(this::named).toList()));
      }
    }
    return found;
  }

  private Detection named(sakd.infer.Detection d) {
    return new Detection(
        pictures.className(d.label()),
        d.label(),
        d.score(),
        d.left(),
        d.top(),
        d.right(),
        d.bottom());
  }
}
