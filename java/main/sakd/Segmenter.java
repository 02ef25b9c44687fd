package sakd;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import sakd.base.UserError;
import sakd.data.Targets;
import sakd.data.image.MaskPicture;
import sakd.infer.ImageReader;
import sakd.infer.MaskPredictor;
import sakd.infer.PictureReader;
import sakd.io.AtomicFile;

/** A trained network that finds the class of every pixel: {@link Sakd#loadSegmenter}. */
public final class Segmenter extends TrainedNetwork {
  Segmenter(Path weights, String device) {
    super(weights, device, Targets.Kind.MASKS);
  }

  /**
   * The class of every pixel of a picture.
   *
   * @param height in pixels, the picture's own
   * @param width in pixels
   * @param classes uint8 [height, width]: class numbers
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Mask(int height, int width, byte[] classes) {
    /** The class number of a pixel, counted from the upper left. */
    public int at(int y, int x) {
      return classes[y * width + x] & 0xff;
    }

    /** The share of pixels of a class, in [0, 1]. */
    public double share(int label) {
      int pixels = 0;
      for (byte k : classes) {
        pixels += (k & 0xff) == label ? 1 : 0;
      }
      return (double) pixels / classes.length;
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

  /**
   * The mask of each picture in its own size; they are read as they are needed.
   *
   * @param files JPEG, PNG, GIF, BMP, WebP, TIFF or PPM
   * @throws UserError if one is no picture, or the network's logits are not finite
   */
  public List<Mask> predict(List<Path> files) {
    List<Mask> masks = new ArrayList<>();
    long mostValues = MaskPredictor.mostValues(about().channels(), about().classes());
    try (ImageReader reader = PictureReader.whole(pictures, files)) {
      while (reader.hasNext()) {
        ImageReader.Batch batch = reader.batch(BATCH, mostValues);
        MaskPredictor.predict(ops, model.network(), batch, storage)
            .forEach(m -> masks.add(new Mask(m.height(), m.width(), m.classes())));
      }
    }
    return masks;
  }
}
