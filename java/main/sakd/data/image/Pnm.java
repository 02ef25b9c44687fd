package sakd.data.image;

import sakd.io.IoErrors;

/**
 * The portable formats of Netpbm: bitmap (P1, P4), grey (P2, P5) and colour (P3, P6), in text or
 * bytes. Of several pictures in a file, the first.
 */
final class Pnm {
  private static final String EXPECTED = "a complete PBM, PGM or PPM picture";
  private static final int MOST = 65_535;

  private final Object file;
  private final byte[] content;
  private int at = 2;

  private Pnm(Object file, byte[] content) {
    this.file = file;
    this.content = content;
  }

  static boolean is(byte[] content) {
    return content.length > 2
        && content[0] == 'P'
        && content[1] >= '1'
        && content[1] <= '6'
        && (isSpace(content[2]) || content[2] == '#');
  }

  static Picture decode(Object file, byte[] content) {
    return new Pnm(file, content).decode(content[1] - '0');
  }

  private Picture decode(int kind) {
    boolean text = kind <= 3;
    boolean bits = kind % 3 == 1;
    int colours = kind % 3 == 0 ? 3 : 1;
    int w = number();
    int h = number();
    PictureDecoder.requireSize(file, w, h, content.length);
    int most = bits ? 1 : number();
    if (most < 1 || most > MOST) {
      throw IoErrors.damaged(file, "its largest value is " + most, EXPECTED);
    }
    if (!text) {
      at++; // One space ends the header.
      int rowBytes = bits ? (w + 7) / 8 : w * colours * (most > 255 ? 2 : 1);
      if (content.length - at < (long) rowBytes * h) {
        throw IoErrors.damaged(file, "it ends too early", EXPECTED);
      }
    }
    int[] pixels = new int[w * h];
    for (int i = 0; i < pixels.length; i++) {
      int red = 255 * value(text, bits, most, i % w) / most;
      if (bits) {
        red = 255 - red; // 1 is black.
      }
      int green = colours == 1 ? red : 255 * value(text, bits, most, i % w) / most;
      int blue = colours == 1 ? red : 255 * value(text, bits, most, i % w) / most;
      pixels[i] = red << 24 | green << 16 | blue << 8;
      if (bits && !text && ((i % w & 7) == 7 || i % w == w - 1)) {
        at++;
      }
    }
    return new Picture(w, h, pixels);
  }

  private int value(boolean text, boolean bits, int most, int x) {
    int value;
    if (text) {
      value = bits ? digit() : number();
    } else if (bits) {
      value = content[at] >> (7 - (x & 7)) & 1;
    } else {
      value = content[at++] & 0xff;
      if (most > 255) {
        value = value << 8 | (content[at++] & 0xff);
      }
    }
    return Math.min(value, most);
  }

  /** Text bitmaps need no space between their digits. */
  private int digit() {
    skipSpace();
    int digit = at < content.length ? content[at++] - '0' : -1;
    if (digit != 0 && digit != 1) {
      throw IoErrors.damaged(
          file, "it ends too early or has characters other than digits", EXPECTED);
    }
    return digit;
  }

  private int number() {
    skipSpace();
    long value = 0;
    int start = at;
    while (at < content.length && content[at] >= '0' && content[at] <= '9') {
      value = Math.min(Integer.MAX_VALUE, value * 10 + content[at++] - '0');
    }
    if (at == start) {
      throw IoErrors.damaged(
          file, "it ends too early or has characters other than digits", EXPECTED);
    }
    return (int) value;
  }

  private void skipSpace() {
    while (at < content.length && (isSpace(content[at]) || content[at] == '#')) {
      if (content[at] == '#') {
        while (at < content.length && content[at] != '\n' && content[at] != '\r') {
          at++;
        }
      } else {
        at++;
      }
    }
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
