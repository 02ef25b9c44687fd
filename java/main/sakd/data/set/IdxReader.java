package sakd.data.set;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipException;
import sakd.base.UserError;
import sakd.io.Gunzip;
import sakd.io.IoErrors;

/**
 * MNIST's idx files, plain or gzipped: a magic number, the dimensions, all as big-endian int32, and
 * the uint8 elements.
 */
public final class IdxReader {
  private static final int IMAGES_MAGIC = 2051;
  private static final int LABELS_MAGIC = 2049;

  /** Larger than any image of such a set; a bound for damaged headers. */
  private static final int MAX_SIDE = 4096;

  private IdxReader() {}

  /**
   * Grey images.
   *
   * @param pixels {@code [count, height, width]}
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  public record Images(int count, int height, int width, byte[] pixels) {}

  /** Opens a file or a resource. */
  @FunctionalInterface
  interface Source {
    InputStream open() throws IOException;

    /** How many bytes there are; of a resource, which is ours, as many as it likes. */
    default long bytes() throws IOException {
      return Long.MAX_VALUE;
    }

    /** A file. */
    static Source of(Path file) {
      return new Source() {
        @Override
        public InputStream open() throws IOException {
          return Files.newInputStream(file);
        }

        @Override
        public long bytes() throws IOException {
          return Files.size(file);
        }
      };
    }
  }

  /** The unpacked bytes of a source, and no more of them than there can be. */
  private record Content(InputStream in, long limit) implements AutoCloseable {
    static Content of(Source source) throws IOException {
      InputStream in = new BufferedInputStream(source.open(), 1 << 16);
      try {
        long bytes = source.bytes();
        in.mark(2);
        boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
        in.reset();
        return gzip
            ? new Content(new Gunzip(in, bytes), Gunzip.limit(bytes))
            : new Content(in, bytes);
      } catch (IOException e) {
        in.close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /**
   * Reads an images file.
   *
   * @throws UserError if it cannot be read or is damaged
   */
  public static Images readImages(Path file) {
    return readImages(file, Source.of(file));
  }

  /**
   * Reads a labels file.
   *
   * @param count how many labels there have to be, one for each image
   * @param classes labels have to be below this
   * @throws UserError if it cannot be read, is damaged or has other labels
   */
  public static int[] readLabels(Path file, int count, int classes) {
    return readLabels(file, Source.of(file), count, classes);
  }

  static Images readImages(Object file, Source source) {
    String expected = "a complete idx file of images";
    try (Content content = Content.of(source)) {
      ByteBuffer header = header(file, content.in, 4, IMAGES_MAGIC, expected);
      int count = header.getInt();
      int height = header.getInt();
      int width = header.getInt();
      if (count < 1 || height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE) {
        throw IoErrors.damaged(
            file, "it claims " + count + " images of " + height + " x " + width, expected);
      }
      byte[] pixels = elements(file, content, (long) count * height * width, expected);
      return new Images(count, height, width, pixels);
    } catch (IOException e) {
      throw failure(file, e, expected);
    }
  }

  static int[] readLabels(Object file, Source source, int count, int classes) {
    String expected = "a complete idx file of labels";
    try (Content content = Content.of(source)) {
      int found = header(file, content.in, 2, LABELS_MAGIC, expected).getInt();
      if (found != count) {
        throw IoErrors.damaged(file, "it has " + found + " labels", count + " as there are images");
      }
      byte[] bytes = elements(file, content, count, expected);
      int[] labels = new int[count];
      for (int i = 0; i < count; i++) {
        labels[i] = bytes[i] & 0xff;
        if (labels[i] >= classes) {
          throw IoErrors.damaged(
              file, "label " + i + " is " + labels[i], "labels below " + classes);
        }
      }
      return labels;
    } catch (IOException e) {
      throw failure(file, e, expected);
    }
  }

  private static ByteBuffer header(
      Object file, InputStream in, int words, int magic, String expected) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(4 * words));
    if (header.remaining() < 4 * words) {
      throw IoErrors.damaged(file, "it ends within its header", expected);
    }
    int found = header.getInt();
    if (found != magic) {
      throw IoErrors.damaged(file, "its magic number is " + found, magic + " as in " + expected);
    }
    return header;
  }

  /** A length that the file cannot have takes no memory. */
  private static byte[] elements(Object file, Content content, long length, String expected)
      throws IOException {
    if (length > Math.min(content.limit, Integer.MAX_VALUE - 8)) {
      throw IoErrors.damaged(
          file, "its header claims " + length + " elements, more than it can have", expected);
    }
    byte[] bytes = content.in.readNBytes((int) length);
    if (bytes.length < length) {
      throw IoErrors.damaged(
          file, "it has " + bytes.length + " elements where its header says " + length, expected);
    }
    if (content.in.read() >= 0) {
      throw IoErrors.damaged(
          file, "it continues after the " + length + " elements of its header", expected);
    }
    return bytes;
  }

  private static UserError failure(Object file, IOException e, String expected) {
    if (e instanceof ZipException || e instanceof EOFException) {
      return IoErrors.damaged(
          file, "its gzip data is broken (" + IoErrors.reason(e) + ")", expected);
    }
    return IoErrors.unreadable(file, expected, e);
  }
}
