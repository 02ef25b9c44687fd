package sakd.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import sakd.io.IoErrors;

/**
 * The chunks of a WebP file: their lengths and the sizes of pictures are checked before a decoder
 * believes them, and of an animation the first picture is taken.
 */
final class Webp {
  private static final String EXPECTED = "a complete WebP picture";
  private static final int FILE_HEADER = 12;
  private static final int CHUNK_HEADER = 8;

  /** What stands in an animation's frame before the chunks of its picture. */
  private static final int FRAME_HEADER = 16;

  private static final int SIDE_BITS = 14;

  private final Object file;
  private final byte[] content;
  private final ByteBuffer words;

  /** The chunk of the first picture: its place and length with its header. */
  private int start = -1;

  private int end;

  private boolean animated;

  private Webp(Object file, byte[] content) {
    this.file = file;
    this.content = content;
    this.words = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  static boolean is(byte[] content) {
    return content.length >= FILE_HEADER
        && new String(content, 0, 4, ISO_8859_1).equals("RIFF")
        && new String(content, 8, 4, ISO_8859_1).equals("WEBP");
  }

  /**
   * The file, or one of its first picture alone.
   *
   * @throws sakd.base.UserError if a chunk ends behind the file, or claims too large a picture
   */
  static byte[] still(Object file, byte[] content) {
    Webp webp = new Webp(file, content);
    webp.check(FILE_HEADER, content.length);
    if (webp.start < 0) {
      throw IoErrors.damaged(file, "it has no picture", EXPECTED);
    }
    if (!webp.animated) {
      return content;
    }
    byte[] still = Arrays.copyOf(content, FILE_HEADER + webp.end - webp.start);
    System.arraycopy(content, webp.start, still, FILE_HEADER, webp.end - webp.start);
    ByteBuffer.wrap(still).order(ByteOrder.LITTLE_ENDIAN).putInt(4, still.length - CHUNK_HEADER);
    return still;
  }

  private void check(int from, int to) {
    for (int at = from; to - at >= CHUNK_HEADER; ) {
      int length = words.getInt(at + 4);
      int data = at + CHUNK_HEADER;
      if (length < 0 || length > to - data) {
        throw IoErrors.damaged(file, "a chunk ends beyond the end of the file", EXPECTED);
      }
      switch (new String(content, at, 4, ISO_8859_1)) {
        case "VP8L" -> lossless(data, length);
        case "VP8 " -> lossy(data, length);
        case "ANMF" -> {
          animated = true;
          check(data + Math.min(length, FRAME_HEADER), data + length);
        }
        default -> {
          // Says nothing of a picture's size.
        }
      }
      at = data + length + (length & 1);
    }
  }

  /** A byte of signature, then 14 bits of width - 1 and as many of height - 1. */
  private void lossless(int data, int length) {
    require(length >= 5);
    int bits = words.getInt(data + 1);
    int mask = (1 << SIDE_BITS) - 1;
    picture(data, length, (bits & mask) + 1, (bits >> SIDE_BITS & mask) + 1);
  }

  /** A frame's tag and start code in 6 bytes, then 14 bits of width and height in 16 each. */
  private void lossy(int data, int length) {
    require(length >= 10);
    int mask = (1 << SIDE_BITS) - 1;
    picture(data, length, words.getShort(data + 6) & mask, words.getShort(data + 8) & mask);
  }

  private void require(boolean complete) {
    if (!complete) {
      throw IoErrors.damaged(file, "its picture ends too early", EXPECTED);
    }
  }

  private void picture(int data, int length, int width, int height) {
    PictureDecoder.requireSize(file, width, height, content.length);
    if (start < 0) {
      start = data - CHUNK_HEADER;
      end = data + length;
    }
  }
}
