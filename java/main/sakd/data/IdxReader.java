package sakd.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import sakd.io.IoErrors;
import sakd.io.UserError;

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
  }

  /**
   * Reads an images file.
   *
   * @throws UserError if it cannot be read or is damaged
   */
  public static Images readImages(Path file) {
    return readImages(file, () -> Files.newInputStream(file));
  }

  /**
   * Reads a labels file.
   *
   * @param count how many labels there have to be, one for each image
   * @param classes labels have to be below this
   * @throws UserError if it cannot be read, is damaged or has other labels
   */
  public static int[] readLabels(Path file, int count, int classes) {
    return readLabels(file, () -> Files.newInputStream(file), count, classes);
  }

  static Images readImages(Object file, Source source) {
    String expected = "a complete idx file of images";
    try (InputStream in = open(source)) {
      ByteBuffer header = header(file, in, 4, IMAGES_MAGIC, expected);
      int count = header.getInt();
      int height = header.getInt();
      int width = header.getInt();
      if (count < 1 || height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE) {
        throw IoErrors.damaged(
            file, "it claims " + count + " images of " + height + " x " + width, expected);
      }
      byte[] pixels = content(file, in, (long) count * height * width, expected);
      return new Images(count, height, width, pixels);
    } catch (IOException e) {
      throw failure(file, e, expected);
    }
  }

  static int[] readLabels(Object file, Source source, int count, int classes) {
    String expected = "a complete idx file of labels";
    try (InputStream in = open(source)) {
      int found = header(file, in, 2, LABELS_MAGIC, expected).getInt();
      if (found != count) {
        throw IoErrors.damaged(file, "it has " + found + " labels", count + " as there are images");
      }
      byte[] bytes = content(file, in, count, expected);
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

  private static InputStream open(Source source) throws IOException {
    InputStream in = new BufferedInputStream(source.open(), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return gzip ? new GZIPInputStream(in, 1 << 16) : in;
    } catch (IOException e) {
      in.close();
      throw e;
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

  /** Reads as the bytes come, so a length that the file does not have takes no memory. */
  private static byte[] content(Object file, InputStream in, long length, String expected)
      throws IOException {
    byte[] bytes = in.readNBytes((int) Math.min(length, Integer.MAX_VALUE - 8));
    if (bytes.length < length) {
      throw IoErrors.damaged(
          file, "it has " + bytes.length + " elements where its header says " + length, expected);
    }
    if (in.read() >= 0) {
      throw IoErrors.damaged(
          file, "it goes on after the " + length + " elements of its header", expected);
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
