package sakd.data.set;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import sakd.io.IoErrors;

/**
 * Encoded pictures, each a file or a stretch of an archive.
 *
 * @param pictures where each lies, and of which class it is
 */
record ImageStore(ClassSplit<Entry> pictures) {
  /** Far above any photograph of such sets. */
  private static final long MAX_BYTES = 1L << 28;

  /**
   * A picture.
   *
   * @param file the file or archive
   * @param name within the archive, or null
   * @param offset in the archive
   * @param length in bytes, or -1 for a whole file
   */
  record Entry(Path file, String name, long offset, long length) {
    /** A whole file. */
    static Entry of(Path file) {
      return new Entry(file, null, 0, -1);
    }

    /** The encoded bytes. */
    byte[] bytes() {
      try {
        long bytes = length < 0 ? Files.size(file) : length;
        if (bytes > MAX_BYTES) {
          throw IoErrors.damaged(this, "it has " + bytes + " bytes", "a picture");
        }
        if (length < 0) {
          return Files.readAllBytes(file);
        }
        ByteBuffer read = ByteBuffer.allocate((int) bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          while (read.hasRemaining() && channel.read(read, offset + read.position()) >= 0) {
            // Goes on until all is read or the file ends.
          }
        }
        if (read.hasRemaining()) {
          throw IoErrors.damaged(this, "the archive ends within it", "a complete archive");
        }
        return read.array();
      } catch (IOException e) {
        throw IoErrors.unreadable(this, "a picture", e);
      }
    }

    @Override
    public String toString() {
      return name == null ? file.toString() : file + ":" + name;
    }
  }

  /** The encoded bytes of a picture. */
  byte[] read(int index) {
    return pictures.samples().get(index).bytes();
  }
}
