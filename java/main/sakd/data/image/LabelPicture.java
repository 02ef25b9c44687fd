package sakd.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import sakd.base.UserError;

/**
 * A picture whose pixels are numbers, not colours: the indices of a palette, or grey of up to 16
 * bits as it is stored. No colour is converted.
 *
 * @param width in pixels
 * @param height in pixels
 * @param wide whether numbers have more than 8 bits
 * @param values each below 2^16, row by row
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record LabelPicture(int width, int height, boolean wide, char[] values) {
  private static final String EXPECTED =
      "a palette or grey picture whose pixels are numbers (PNG, TIFF, GIF, BMP or PGM)";

  /**
   * Decodes a picture.
   *
   * @param file named in errors
   * @throws UserError if it is damaged, has colours that are no grey, or was stored with losses
   */
  public static LabelPicture decode(Object file, byte[] content) {
    if (content.length > 2 && content[0] == (byte) 0xff && content[1] == (byte) 0xd8) {
      throw new UserError(
          file
              + " is a JPEG, which blurs numbers at their edges; expected "
              + EXPECTED
              + ", get the masks in such a format");
    }
    if (PngChunks.isPng(content)) {
      PngChunks.requireWhole(file, content);
    }
    if (Pnm.is(content)) {
      return ofColours(file, Pnm.decode(file, content));
    }
    BufferedImage image = ImageIoPictures.read(file, content, reader -> reader.read(0));
    boolean palette = image.getColorModel() instanceof IndexColorModel;
    int kind = image.getColorModel().getColorSpace().getType();
    int bits = image.getSampleModel().getSampleSize(0);
    if (!palette && kind != ColorSpace.TYPE_GRAY) {
      return ofColours(
          file, new Picture(image.getWidth(), image.getHeight(), StoredColours.of(image)));
    }
    if (bits > Short.SIZE) {
      throw new UserError(
          file + " has " + bits + " bits per pixel; expected " + EXPECTED + ", convert it");
    }
    return new LabelPicture(
        image.getWidth(), image.getHeight(), bits > Byte.SIZE, numbers(image.getRaster()));
  }

  /** The first sample of each pixel, without transparency. */
  private static char[] numbers(Raster raster) {
    int width = raster.getWidth();
    char[] values = new char[width * raster.getHeight()];
    int[] row = new int[width];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getSamples(0, y, width, 1, 0, row);
      for (int x = 0; x < width; x++) {
        values[y * width + x] = (char) row[x];
      }
    }
    return values;
  }

  /** Grey that was stored as three equal colours. */
  private static LabelPicture ofColours(Object file, Picture picture) {
    int width = picture.width();
    char[] values = new char[width * picture.height()];
    for (int i = 0; i < values.length; i++) {
      int rgb = picture.pixels()[i] >>> 8;
      if (rgb != (rgb & 0xff) * 0x010101) {
        throw new UserError(
            String.format(
                "%s has the colour #%06x at row %d, column %d; expected %s, convert it",
                file, rgb, i / width, i % width, EXPECTED));
      }
      values[i] = (char) (rgb & 0xff);
    }
    return new LabelPicture(width, picture.height(), false, values);
  }
}
