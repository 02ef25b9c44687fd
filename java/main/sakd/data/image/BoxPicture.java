package sakd.data.image;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import sakd.io.ImageFiles;

/** Pictures with boxes drawn into them, each in the colour that VOC's devkit gives its class. */
public final class BoxPicture {
  /** Of the shorter side: what a line is wide, at least a pixel. */
  private static final double LINE = 1 / 250.0;

  /** Of the shorter side: what letters are high. */
  private static final double LETTERS = 1 / 35.0;

  private static final int LEAST_LETTERS = 9;

  /** Of red, green and blue, in thousandths, by which the eye sees how light a colour is. */
  private static final int[] LIGHTNESS = {299, 587, 114};

  private static final int LIGHT = 128;

  private BoxPicture() {}

  /**
   * A box to draw.
   *
   * @param label class number, which decides the colour
   * @param text above its upper left corner; empty for none
   * @param left in pixels of the picture it is drawn into
   */
  public record Box(int label, String text, double left, double top, double right, double bottom) {}

  /**
   * Encodes a picture with boxes as PNG.
   *
   * @param picture uint8 [C, H, W] of one channel or of red, green and blue
   * @param boxes the last is drawn over the others
   */
  public static byte[] png(byte[] picture, int channels, int height, int width, List<Box> boxes) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int area = height * width;
    for (int i = 0; i < area; i++) {
      int rgb = 0;
      for (int c = 0; c < 3; c++) {
        rgb = (rgb << 8) | (picture[channels == 3 ? c * area + i : i] & 0xff);
      }
      image.setRGB(i % width, i / width, rgb);
    }
    Graphics2D graphics = image.createGraphics();
    int shorter = Math.min(height, width);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setStroke(new BasicStroke((float) Math.max(1, shorter * LINE)));
    graphics.setFont(
        new Font(
            Font.SANS_SERIF,
            Font.PLAIN,
            (int) Math.max(LEAST_LETTERS, Math.round(shorter * LETTERS))));
    boxes.forEach(box -> draw(graphics, box));
    graphics.dispose();
    return ImageFiles.png(image);
  }

  private static void draw(Graphics2D graphics, Box box) {
    Color colour = new Color(MaskPicture.colour(box.label));
    graphics.setColor(colour);
    graphics.draw(
        new Rectangle2D.Double(box.left, box.top, box.right - box.left, box.bottom - box.top));
    if (box.text.isEmpty()) {
      return;
    }
    FontMetrics metrics = graphics.getFontMetrics();
    // Within the picture where there is no room above.
    double top = Math.max(0, box.top - metrics.getHeight());
    graphics.fill(
        new Rectangle2D.Double(
            box.left, top, metrics.stringWidth(box.text) + 2.0, metrics.getHeight()));
    graphics.setColor(isLight(colour) ? Color.BLACK : Color.WHITE);
    graphics.drawString(box.text, (float) box.left + 1, (float) top + metrics.getAscent());
  }

  private static boolean isLight(Color c) {
    int light =
        LIGHTNESS[0] * c.getRed() + LIGHTNESS[1] * c.getGreen() + LIGHTNESS[2] * c.getBlue();
    return light >= 1000 * LIGHT;
  }
}
