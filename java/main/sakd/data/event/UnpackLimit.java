package sakd.data.event;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import sakd.io.Gunzip;
import sakd.io.IoErrors;

/**
 * What the packed parts of one file may unpack to in all, so that a small file cannot fill the
 * memory: as much as a gzip file of its size may, which no recording comes near.
 */
final class UnpackLimit {
  private final Path file;
  private final long most;
  private long left;

  UnpackLimit(Path file, long fileBytes) {
    this.file = file;
    this.most = Gunzip.limit(fileBytes);
    this.left = most;
  }

  /**
   * So many bytes, or all there are if they are fewer. Grows with what comes, not with what is
   * claimed.
   */
  byte[] read(InputStream in, long count) throws IOException {
    byte[] bytes = in.readNBytes((int) Math.min(Math.min(count, left + 1), Integer.MAX_VALUE - 8));
    left -= bytes.length;
    if (left < 0) {
      throw IoErrors.damaged(
          file,
          "it unpacks to more than " + (most >> 20) + " MiB",
          "a recording compressed less than a hundredfold");
    }
    return bytes;
  }

  /** All bytes. */
  byte[] readAll(InputStream in) throws IOException {
    return read(in, Long.MAX_VALUE);
  }
}
