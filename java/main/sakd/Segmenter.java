package sakd;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.data.image.MaskPicture;
import sakd.data.image.PictureSource;
import sakd.infer.ClassShares;
import sakd.infer.ImageReader;
import sakd.infer.MaskPredictor;
import sakd.infer.PictureReader;
import sakd.io.AtomicFile;
import sakd.model.ImageSpec;
import sakd.model.Own;

/**
 * A trained network that finds the class of every pixel, {@link Sakd#loadSegmenter}: of a picture
 * it gives a mask in the picture's own size.
 */
public final class Segmenter extends TrainedNetwork<Segmenter.Mask> {
  Segmenter(Path weights, String device, String model, ImageSpec pictures, Own own) {
    super(weights, device, model, pictures, own, Targets.Kind.MASKS);
  }

  /**
   * The class of every pixel of a picture.
   *
   * @param height in pixels, the picture's own
   * @param width in pixels
   * @param classes uint8 [height, width]: class numbers
   * @param classNames the name of each class
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Mask(int height, int width, byte[] classes, List<String> classNames) {
    /** The class number of a pixel, counted from the upper left. */
    public int at(int y, int x) {
      return classes[y * width + x] & 0xff;
    }

    /** The share of pixels of a class, in [0, 1]. */
    public double share(int label) {
      return shares().stream()
          .filter(s -> s.label() == label)
          .mapToDouble(ClassShares.Share::share)
          .sum();
    }

    private List<ClassShares.Share> shares() {
      return ClassShares.of(classes, classNames.size());
    }

    /** For people: {@code 480x640 pixels: background 93.1 %, nucleus 6.9 %}. */
    @Override
    public String toString() {
      return shares().stream()
          .map(
              s ->
                  String.format(
                      Locale.ROOT, "%s %.1f %%", classNames.get(s.label()), 100 * s.share()))
          .collect(Collectors.joining(", ", height + "x" + width + " pixels: ", ""));
    }

    /**
     * Writes a PNG with VOC's colours as palette, whose indices are the class numbers.
     *
     * @throws UserError if it cannot be written
     */
    public void write(Path file) {
      ByteBuffer png = ByteBuffer.wrap(MaskPicture.png(classes, height, width));
      AtomicFile.write(file, channel -> AtomicFile.writeFully(channel, png));
    }
  }

  @Override
  ImageReader reader(ImageSpec how, List<PictureSource> sources) {
    return PictureReader.whole(how, sources);
  }

  @Override
  long mostValues() {
    return MaskPredictor.mostValues(about().channels(), about().classes());
  }

  @Override
  List<Mask> answers(ImageReader.Batch batch) {
    return inTurn((ops, network, storage) -> MaskPredictor.predict(ops, network, batch, storage))
        .stream()
        .map(m -> new Mask(m.height(), m.width(), m.classes(), classNames()))
        .toList();
  }
}
