package sakd.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Pictures in the page itself. */
final class Images {
  /** Bytes from which on a picture is taken for a photograph. */
  private static final int LARGE = 20_000;

  private Images() {}

  /**
   * An element with a picture; photographs become JPEG, a tenth of the size.
   *
   * @param alternative what it shows, for those who cannot see it
   */
  static String html(byte[] png, String alternative) {
    byte[] jpeg = png.length < LARGE ? png : jpeg(png);
    boolean smaller = jpeg.length < png.length;
    return "<img alt=\""
        + Html.escape(alternative)
        + "\" src=\"data:image/"
        + (smaller ? "jpeg" : "png")
        + ";base64,"
        + Base64.getEncoder().encodeToString(smaller ? jpeg : png)
        + "\"/>";
  }

  private static byte[] jpeg(byte[] png) {
    try {
      BufferedImage picture = ImageIO.read(new ByteArrayInputStream(png));
      // The encoder takes no palettes.
      BufferedImage plain =
          new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
      var graphics = plain.createGraphics();
      graphics.drawImage(picture, 0, 0, null);
      graphics.dispose();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      return ImageIO.write(plain, "jpeg", out) ? out.toByteArray() : png;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot happen in memory", e);
    }
  }
}
