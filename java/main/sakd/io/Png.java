package sakd.io;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Pictures in the PNG format. */
public final class Png {
  private Png() {}

  /**
   * Encodes an image.
   *
   * @param pixels uint8 [C, H, W]; one channel is grey, three are red, green and blue, and of any
   *     other number the first is shown in grey
   */
  public static byte[] encode(byte[] pixels, int channels, int height, int width) {
    int area = height * width;
    boolean colour = channels == 3;
    BufferedImage image =
        new BufferedImage(
            width, height, colour ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < area; i++) {
      int x = i % width;
      int y = i / width;
      if (colour) {
        int rgb =
            (pixels[i] & 0xff) << 16 | (pixels[area + i] & 0xff) << 8 | pixels[2 * area + i] & 0xff;
        image.setRGB(x, y, rgb);
      } else {
        // Through the raster: setRGB would convert to linear grey and change the value.
        image.getRaster().setSample(x, y, 0, pixels[i] & 0xff);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
