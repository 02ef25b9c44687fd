package sakd.data.image;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import sakd.io.IoErrors;

/**
 * Checks a PNG file by the checksums of its chunks, which decoders do not look at: a damaged
 * picture shows, but the numbers of a damaged mask look like others.
 */
final class PngChunks {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;
  private static final int END = 0x49454e44;

  /** A chunk's length, kind and checksum, four bytes each. */
  private static final int FRAME = 12;

  private PngChunks() {}

  static boolean isPng(byte[] content) {
    return content.length >= Long.BYTES && ByteBuffer.wrap(content).getLong() == SIGNATURE;
  }

  /**
   * Refuses a file that was cut or changed.
   *
   * @throws sakd.base.UserError naming it
   */
  static void requireWhole(Object file, byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).position(Long.BYTES);
    int kind = 0;
    while (kind != END) {
      if (bytes.remaining() < FRAME
          || bytes.getInt(bytes.position()) < 0
          || bytes.getInt(bytes.position()) > bytes.remaining() - FRAME) {
        throw IoErrors.damaged(file, "it ends too early", PictureDecoder.EXPECTED);
      }
      int length = bytes.getInt();
      kind = bytes.getInt(bytes.position());
      CRC32 sum = new CRC32();
      sum.update(content, bytes.position(), Integer.BYTES + length);
      bytes.position(bytes.position() + Integer.BYTES + length);
      if (bytes.getInt() != (int) sum.getValue()) {
        throw IoErrors.damaged(
            file, "its data do not have their checksum", PictureDecoder.EXPECTED);
      }
    }
  }
}
