package sakd.data.image;

import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;
import sakd.io.IoErrors;
import sakd.io.UserFolders;

/**
 * JPEG and WebP by the libjpeg-turbo and libwebp in Leptonica, which has them for every platform in
 * one package.
 */
final class LeptonicaPictures {
  /** Larger pictures are rare: they give their memory back. */
  private static final int MOST_KEPT = 1 << 24;

  private static final ThreadLocal<int[]> RAW = ThreadLocal.withInitial(() -> new int[0]);

  private static final int START_OF_SCAN = 0xda;
  private static final int END_OF_IMAGE = 0xd9;

  private static final int NO_MESSAGES = 6;
  private static final boolean LOADED = load();

  private LeptonicaPictures() {}

  private static boolean load() {
    UserFolders.settle();
    try {
      leptonica.setMsgSeverity(NO_MESSAGES);
      return true;
    } catch (LinkageError e) {
      return false;
    }
  }

  /** Whether Leptonica is there. */
  static boolean loaded() {
    return LOADED;
  }

  static Picture jpeg(Object file, byte[] content, PictureDecoder.Reduction reduction) {
    if (isCut(content)) { // Of whose rest libjpeg would make something up.
      throw IoErrors.damaged(file, "it ends too early", PictureDecoder.EXPECTED);
    }
    return CMessages.without(() -> decoded(file, content, reduction));
  }

  private static Picture decoded(Object file, byte[] content, PictureDecoder.Reduction reduction) {
    int[] width = new int[1];
    int[] height = new int[1];
    int[] unused = new int[1];
    int failed =
        leptonica.readHeaderMemJpeg(content, content.length, width, height, unused, null, null);
    if (failed != 0) {
      throw IoErrors.damaged(file, "it is no readable JPEG", PictureDecoder.EXPECTED);
    }
    PictureDecoder.requireSize(file, width[0], height[0], content.length);
    int[] warnings = new int[1];
    int divisor = reduction.of(width[0], height[0]);
    PIX pix = leptonica.pixReadMemJpeg(content, content.length, 0, divisor, warnings, 0);
    return picture(file, pix, warnings[0] != 0);
  }

  /**
   * Whether a JPEG file surely ends before its picture: its segments, each a marker and a length,
   * do not come to the start of a scan, or no end of the image is after that.
   */
  private static boolean isCut(byte[] content) {
    int at = 2;
    while (at + 3 < content.length && content[at] == (byte) 0xff) {
      int marker = content[at + 1] & 0xff;
      if (marker == START_OF_SCAN) {
        return !endsAfter(content, at);
      }
      boolean hasLength = marker >= 0xc0 && (marker < 0xd0 || marker > 0xd9) && marker < 0xff;
      if (!hasLength) {
        return false; // Filling, or what is not expected here: for the decoder to judge.
      }
      at += 2 + ((content[at + 2] & 0xff) << 8 | (content[at + 3] & 0xff));
    }
    return at + 3 >= content.length;
  }

  private static boolean endsAfter(byte[] content, int start) {
    for (int at = content.length - 2; at > start; at--) {
      if (content[at] == (byte) 0xff && content[at + 1] == (byte) END_OF_IMAGE) {
        return true;
      }
    }
    return false;
  }

  static Picture webp(Object file, byte[] content) {
    byte[] still = Webp.still(file, content);
    return picture(file, leptonica.pixReadMemWebP(still, still.length), false);
  }

  /** Takes the pixels, and frees the image. */
  private static Picture picture(Object file, PIX pix, boolean warned) {
    if (pix == null || pix.isNull()) {
      throw IoErrors.damaged(file, "it cannot be decoded", PictureDecoder.EXPECTED);
    }
    try {
      if (warned) {
        throw IoErrors.damaged(
            file, "its data are broken or end too early", PictureDecoder.EXPECTED);
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
      throw IoErrors.damaged(
          file, "it has " + pix.d() + " bits per pixel", PictureDecoder.EXPECTED);
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
}
