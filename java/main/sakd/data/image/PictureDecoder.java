package sakd.data.image;

import javax.imageio.ImageIO;
import sakd.base.UserError;
import sakd.io.ImageFiles;
import sakd.io.IoErrors;

/**
 * Decodes JPEG and WebP by Leptonica, Netpbm's formats by {@link Pnm}, and everything else by
 * Java's own ImageIO. Where Leptonica does not load, ImageIO decodes JPEG too. Of several pictures
 * in a file, the first; a camera's note of how it was held is not followed, as in torchvision.
 *
 * <p>JPEG can be decoded at 1/2, 1/4 and 1/8 of its size for less work. A file for which
 * libjpeg-turbo has a warning, such as one that was cut off, counts as damaged.
 */
public final class PictureDecoder {
  static final String EXPECTED = "a complete picture (" + ImageFiles.FORMATS + ")";

  /** Far above any photograph; a damaged header shall not ask for more memory. */
  private static final long MAX_PIXELS = 1 << 27;

  /** Pictures up to this size are believed, however little their files hold. */
  private static final long LIKELY_PIXELS = 1 << 22;

  /** More than deflate and LZW reach; only blank pages of other codes are denser. */
  private static final long PIXELS_A_BYTE = 1 << 12;

  static {
    ImageIO.setUseCache(false);
  }

  private PictureDecoder() {}

  /** Chooses the divisor 1, 2, 4 or 8 at which a picture of some size is decoded. */
  @FunctionalInterface
  public interface Reduction {
    int of(int width, int height);
  }

  /** Whether JPEG is decoded by libjpeg-turbo here. */
  public static boolean turbo() {
    return LeptonicaPictures.loaded();
  }

  /**
   * Decodes a picture, whose pixels are valid until the same thread decodes the next.
   *
   * @param file named in errors
   * @param reduction asked with the full size; the result has that divided, rounded up
   * @throws UserError if it is damaged
   */
  public static Picture decode(Object file, byte[] content, Reduction reduction) {
    boolean jpeg = content.length > 2 && content[0] == (byte) 0xff && content[1] == (byte) 0xd8;
    if (jpeg && turbo()) {
      return LeptonicaPictures.jpeg(file, content, reduction);
    }
    if (Webp.is(content)) {
      if (!turbo()) {
        throw new UserError(
            file
                + " is WebP, which Leptonica decodes, and that does not load here; expected"
                + " another format, convert it to PNG");
      }
      return LeptonicaPictures.webp(file, content);
    }
    return Pnm.is(content) ? Pnm.decode(file, content) : ImageIoPictures.decode(file, content);
  }

  /**
   * The size of a picture, of most formats from the header alone.
   *
   * @return width and height in pixels
   * @throws UserError if it is damaged
   */
  public static int[] size(Object file, byte[] content) {
    if (Webp.is(content) || Pnm.is(content)) {
      Picture picture = decode(file, content, (width, height) -> 1);
      return new int[] {picture.width(), picture.height()};
    }
    return ImageIoPictures.read(
        file, content, reader -> new int[] {reader.getWidth(0), reader.getHeight(0)});
  }

  /**
   * Refuses sizes that are none or would take memory out of all proportion to the file.
   *
   * @param bytes of the file
   */
  static void requireSize(Object file, int width, int height, int bytes) {
    long most = Math.min(MAX_PIXELS, Math.max(LIKELY_PIXELS, bytes * PIXELS_A_BYTE));
    if (width < 1 || height < 1 || (long) width * height > most) {
      throw IoErrors.damaged(
          file, "it claims " + width + " x " + height + " pixels in " + bytes + " bytes", EXPECTED);
    }
  }
}
