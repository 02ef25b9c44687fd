package sakd.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** Small pictures in formats for which Java has no writer, or not of every kind. */
public final class Pictures {
  /** 4 x 3: pixel (x, y) is 60 x, 90 y, 200 - 20 x; lossless WebP. */
  public static final byte[] WEBP =
      bytes(
          "UklGRj4AAABXRUJQVlA4TDEAAAAvA4AAAF9AkG0zwBPUX+UOwyMQSPInG2aI+e9BCrC7AAQBJEoppDDcCiuM"
              + "GtH/oC4HAA==");

  /** The same with an alpha of 100. */
  public static final byte[] WEBP_ALPHA =
      bytes(
          "UklGRj4AAABXRUJQVlA4TDEAAAAvA4AAEF9AkG0zwBPUX+UOwyMQSPInG2aIIetBCrC7AAQBJEoppDDcCiuM"
              + "GtH/oC4HAA==");

  /** The same, and a second picture that is white. */
  public static final byte[] WEBP_ANIMATION =
      bytes(
          "UklGRqgAAABXRUJQVlA4WAoAAAACAAAAAwAAAgAAQU5JTQYAAAAAAAAAAABBTk1GSgAAAAAAAAAAAAMAAAIA"
              + "AAAAAAJWUDhMMQAAAC8DgAAAX0CQbTPAE9Rf5Q7DIxBI8icbZoj570EKsLsABAEkSimkMNwKK4wa0f+gLgcA"
              + "QU5NRioAAAAAAAAAAAADAAACAAAAAAAAVlA4TBEAAAAvA4AAAAfQ//73v/+BiOh/AAA=");

  /** The same with losses; its first pixels are those of libwebp 1.6. */
  public static final byte[] WEBP_LOSSY =
      bytes(
          "UklGRmwAAABXRUJQVlA4IGAAAABwAwCdASoEAAMAAMASJagCdEyAfwD1AMkA/QD0AP0ABgazbAAA/ub98/80"
              + "/njLqBCfnPTr1OqGOMi+DL4dz/jMlCc+P/3/9o/oAknfz1p/8aJmW//8c//YwKd+PIYAAAA=");

  /** 2 x 2 of one colour, in ink: 166 127 42 as PIL has it. */
  public static final byte[] JPEG_CMYK =
      bytes(
          "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAbEhQXFBEbFxYXHhwbIChCKyglJShROj0wQmBVZWRfVV1baniZgWpx"
              + "kHNbXYW1hpCeo6utq2eAvMm6pseZqKuk/8AAFAgAAgACBEMRAE0RAFkRAEsRAP/EABUAAQEAAAAAAAAAAAAA"
              + "AAAAAAUE/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAA4EQwBNAFkASwAAPwBpWJKP/9k=");

  private Pictures() {}

  private static byte[] bytes(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  /**
   * A PNG file.
   *
   * @param type the standard's colour type: 0 grey, 2 colour, 3 palette, 4 grey and alpha, 6 colour
   *     and alpha
   * @param depth bits of a sample
   * @param rows the samples, each row packed to whole bytes
   * @param chunks others, after their names, that stand before the picture: name, content, ...
   */
  public static byte[] png(
      int width, int height, int type, int depth, byte[][] rows, Object... chunks) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write("\u0089PNG\r\n\u001a\n".getBytes(ISO_8859_1));
      ByteArrayOutputStream header = new ByteArrayOutputStream();
      DataOutputStream words = new DataOutputStream(header);
      words.writeInt(width);
      words.writeInt(height);
      words.write(new byte[] {(byte) depth, (byte) type, 0, 0, 0});
      chunk(out, "IHDR", header.toByteArray());
      for (int i = 0; i < chunks.length; i += 2) {
        chunk(out, (String) chunks[i], (byte[]) chunks[i + 1]);
      }
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (DeflaterOutputStream deflater = new DeflaterOutputStream(packed)) {
        for (byte[] row : rows) {
          deflater.write(0); // No filter.
          deflater.write(row);
        }
      }
      chunk(out, "IDAT", packed.toByteArray());
      chunk(out, "IEND", new byte[0]);
      return out.toByteArray();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void chunk(ByteArrayOutputStream to, String name, byte[] content)
      throws IOException {
    DataOutputStream out = new DataOutputStream(to);
    CRC32 check = new CRC32();
    check.update(name.getBytes(ISO_8859_1));
    check.update(content);
    out.writeInt(content.length);
    out.write(name.getBytes(ISO_8859_1));
    out.write(content);
    out.writeInt((int) check.getValue());
  }
}
