package sakd.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * The pixels of a decoded image as its file has them, as PIL's {@code convert("RGB")} gives them:
 * of 16 bits the upper 8, grey as three equal colours, transparency left out. Java's own conversion
 * takes grey for linear light and brightens it.
 */
final class StoredColours {
  private StoredColours() {}

  /** Red, green and blue as {@link Picture} has them. */
  static int[] of(BufferedImage image) {
    ColorModel model = image.getColorModel();
    int w = image.getWidth();
    int h = image.getHeight();
    int kind = model.getColorSpace().getType();
    int colours = model.getNumColorComponents();
    boolean stored =
        !(model instanceof IndexColorModel)
            && !model.isAlphaPremultiplied()
            && model.getComponentSize(0) >= 8;
    int[] pixels = new int[Math.multiplyExact(w, h)];
    if (stored && kind == ColorSpace.TYPE_GRAY) {
      fill(image, pixels, (row, at) -> row[at] * 0x01010100);
    } else if (stored && kind == ColorSpace.TYPE_RGB && colours == 3) {
      fill(image, pixels, (row, at) -> row[at] << 24 | row[at + 1] << 16 | row[at + 2] << 8);
    } else if (stored && kind == ColorSpace.TYPE_CMYK && colours == 4) {
      fill(image, pixels, StoredColours::printed);
    } else { // A palette, fewer bits a colour, or colours of another kind, or times alpha.
      image.getRGB(0, 0, w, h, pixels, 0, w);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] <<= 8;
      }
    }
    return pixels;
  }

  /** A pixel's colours, as {@link Picture} has them, from samples of 8 bits. */
  @FunctionalInterface
  private interface Colour {
    int of(int[] row, int at);
  }

  private static void fill(BufferedImage image, int[] pixels, Colour colour) {
    Raster raster = image.getRaster();
    int w = image.getWidth();
    int bands = raster.getNumBands();
    boolean wide = raster.getSampleModel().getSampleSize(0) == Short.SIZE;
    int[] row = new int[w * bands];
    for (int y = 0; y < image.getHeight(); y++) {
      raster.getPixels(0, y, w, 1, row);
      for (int i = 0; i < row.length; i++) {
        // Samples of 32 bits are clipped.
        row[i] = wide ? row[i] >> 8 & 0xff : Math.max(0, Math.min(255, row[i]));
      }
      for (int x = 0; x < w; x++) {
        pixels[y * w + x] = colour.of(row, x * bands);
      }
    }
  }

  /** Cyan, magenta, yellow and black ink on white, rounded as PIL does. */
  private static int printed(int[] row, int at) {
    int light = 255 - row[at + 3];
    int rgb = 0;
    for (int ink = 0; ink < 3; ink++) {
      rgb = rgb << 8 | light - (2 * row[at + ink] * light + 255) / (2 * 255);
    }
    return rgb << 8;
  }
}
