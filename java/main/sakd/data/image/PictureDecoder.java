package sakd.data.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;
import sakd.io.IoErrors;
import sakd.io.UserFolders;

/**
 * Decodes JPEG by the libjpeg-turbo in Leptonica, which has it for every platform in one package,
 * and everything else by Java's own ImageIO. Where Leptonica does not load, ImageIO decodes JPEG
 * too.
 *
 * <p>JPEG can be decoded at 1/2, 1/4 and 1/8 of its size for less work. A file for which
 * libjpeg-turbo has a warning, such as one that was cut off, counts as damaged.
 */
public final class PictureDecoder {
  private static final String EXPECTED = "a complete picture (JPEG, PNG, BMP or GIF)";

  /** Far above any photograph; a damaged header shall not ask for more memory. */
  private static final int MAX_PIXELS = 1 << 27;

  /** Larger pictures are rare: they give their memory back. */
  private static final int MOST_KEPT = 1 << 24;

  private static final ThreadLocal<int[]> RAW = ThreadLocal.withInitial(() -> new int[0]);

  private static final int NO_MESSAGES = 6;
  private static final boolean TURBO = load();

  private PictureDecoder() {}

  /** Chooses the divisor 1, 2, 4 or 8 at which a picture of some size is decoded. */
  @FunctionalInterface
  public interface Reduction {
    int of(int width, int height);
  }

  private static boolean load() {
    ImageIO.setUseCache(false);
    UserFolders.settle();
    try {
      leptonica.setMsgSeverity(NO_MESSAGES);
      return true;
    } catch (LinkageError e) {
      return false;
    }
  }

  /** Whether JPEG is decoded by libjpeg-turbo here. */
  public static boolean turbo() {
    return TURBO;
  }

  /**
   * Decodes a picture, whose pixels are valid until the same thread decodes the next.
   *
   * @param file named in errors
   * @param reduction asked with the full size; the result has that divided, rounded up
   * @throws sakd.io.UserError if it is damaged
   */
  public static Picture decode(Object file, byte[] content, Reduction reduction) {
    boolean jpeg = content.length > 2 && content[0] == (byte) 0xff && content[1] == (byte) 0xd8;
    return jpeg && TURBO ? jpeg(file, content, reduction) : other(file, content);
  }

  private static Picture jpeg(Object file, byte[] content, Reduction reduction) {
    int[] width = new int[1];
    int[] height = new int[1];
    int[] unused = new int[1];
    int failed =
        leptonica.readHeaderMemJpeg(content, content.length, width, height, unused, null, null);
    if (failed != 0) {
      throw IoErrors.damaged(file, "it is no readable JPEG", EXPECTED);
    }
    requireSize(file, width[0], height[0]);
    int[] warnings = new int[1];
    int divisor = reduction.of(width[0], height[0]);
    PIX pix = leptonica.pixReadMemJpeg(content, content.length, 0, divisor, warnings, 0);
    if (pix == null || pix.isNull()) {
      throw IoErrors.damaged(file, "it cannot be decoded", EXPECTED);
    }
    try {
      if (warnings[0] != 0) {
        throw IoErrors.damaged(file, "its data are broken or end too early", EXPECTED);
      }
      return picture(file, pix);
    } finally {
      leptonica.pixDestroy(pix);
    }
  }

  private static Picture picture(Object file, PIX pix) {
    int w = pix.w();
    int h = pix.h();
    int words = pix.wpl();
    if (pix.d() != 32 && pix.d() != 8) {
      throw IoErrors.damaged(file, "it has " + pix.d() + " bits a pixel", EXPECTED);
    }
    IntPointer data = leptonica.pixGetData(pix);
    int[] raw = raw(words * h);
    data.get(raw, 0, words * h);
    if (pix.d() == 32) {
      return new Picture(w, h, raw);
    }
    int[] pixels = new int[w * h]; // Grey: four pixels a word, the first in the highest bits.
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int grey = (raw[y * words + x / 4] >>> (24 - 8 * (x % 4))) & 0xff;
        pixels[y * w + x] = grey * 0x01010100;
      }
    }
    return new Picture(w, h, pixels);
  }

  /** Room for so many words: what the thread used for its last picture, if that is enough. */
  private static int[] raw(int words) {
    int[] kept = RAW.get();
    if (kept.length >= words) {
      return kept;
    }
    int[] raw = new int[words];
    if (words <= MOST_KEPT) {
      RAW.set(raw);
    }
    return raw;
  }

  private static Picture other(Object file, byte[] content) {
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(content))) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw IoErrors.damaged(file, "it is of no known format", EXPECTED);
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        requireSize(file, reader.getWidth(0), reader.getHeight(0));
        BufferedImage image = reader.read(0);
        int w = image.getWidth();
        int h = image.getHeight();
        int[] pixels = grey(image);
        if (pixels == null) {
          pixels = image.getRGB(0, 0, w, h, null, 0, w);
          for (int i = 0; i < pixels.length; i++) {
            pixels[i] <<= 8;
          }
        }
        return new Picture(w, h, pixels);
      } finally {
        reader.dispose();
      }
    } catch (sakd.io.UserError e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // ImageIO answers damage with whatever its own checks throw.
      throw IoErrors.damaged(file, "it cannot be decoded (" + e.getMessage() + ")", EXPECTED);
    }
  }

  /**
   * The pixels of a grey image as they are in the file, or null if it is none: Java takes grey for
   * linear light, and its conversion to RGB brightens it.
   */
  private static int[] grey(BufferedImage image) {
    if (image.getType() != BufferedImage.TYPE_BYTE_GRAY) {
      return null;
    }
    int w = image.getWidth();
    int[] pixels = image.getRaster().getSamples(0, 0, w, image.getHeight(), 0, (int[]) null);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] *= 0x01010100;
    }
    return pixels;
  }

  private static void requireSize(Object file, int width, int height) {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw IoErrors.damaged(file, "it claims " + width + " x " + height + " pixels", EXPECTED);
    }
  }
}
