package sakd;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import sakd.data.Targets;
import sakd.data.image.PictureSource;
import sakd.infer.BoxPredictor;
import sakd.infer.ImageReader;
import sakd.infer.PictureReader;
import sakd.model.ImageSpec;
import sakd.model.Own;

/**
 * A trained network that finds objects in pictures, {@link Sakd#loadDetector}: of a picture it
 * gives at most 300 objects, the surest first.
 */
public final class Detector extends TrainedNetwork<List<Detector.Detection>> {
  Detector(Path weights, String device, String model, ImageSpec pictures, Own own) {
    super(weights, device, model, pictures, own, Targets.Kind.BOXES);
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
      String name, int label, float score, float left, float top, float right, float bottom) {
    /** For people: {@code cell 93.1 % at 12, 30 to 50, 71}, left and top to right and bottom. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s %.1f %% at %.0f, %.0f to %.0f, %.0f",
          name,
          100 * score,
          left,
          top,
          right,
          bottom);
    }
  }

  @Override
  ImageReader reader(ImageSpec how, List<PictureSource> sources) {
    return PictureReader.fitted(how, sources);
  }

  @Override
  long mostValues() {
    return BoxPredictor.mostValues(about().channels(), about().classes());
  }

  @Override
  List<List<Detection>> answers(ImageReader.Batch batch) {
    return inTurn((ops, network, storage) -> BoxPredictor.predict(ops, network, batch, storage))
        .stream()
        .map(picture -> picture.detections().stream().map(this::named).toList())
        .toList();
  }

  private Detection named(sakd.infer.Detection d) {
    return new Detection(
        className(d.label()), d.label(), d.score(), d.left(), d.top(), d.right(), d.bottom());
  }
}
