package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.function.Executable;
import sakd.base.UserError;

/** Small valid files of each layout, to be read or damaged. */
public final class TestFiles {
  private TestFiles() {}

  /** Pixel i is i modulo 251. */
  public static Path idxImages(Path file, int count, int height, int width) throws IOException {
    byte[] pixels = new byte[count * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 251);
    }
    return idx(file, pixels, 2051, count, height, width);
  }

  /** Label i is i modulo 10. */
  public static Path idxLabels(Path file, int count) throws IOException {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return idx(file, labels, 2049, count);
  }

  /** Gzipped if the name says so. */
  public static Path idx(Path file, byte[] content, int... header) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * header.length + content.length);
    for (int word : header) {
      bytes.putInt(word);
    }
    bytes.put(content);
    Files.createDirectories(file.getParent());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream to = file.toString().endsWith(".gz") ? new GZIPOutputStream(out) : out) {
      to.write(bytes.array());
    }
    return Files.write(file, out.toByteArray());
  }

  /** Record i has the labels (coarse 7,) first + i and random pixels. */
  public static Path cifar(Path file, int labelBytes, int first, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count * (labelBytes + 3072));
    Random random = new Random(first);
    byte[] pixels = new byte[3072];
    for (int i = 0; i < count; i++) {
      if (labelBytes == 2) {
        bytes.put((byte) 7);
      }
      random.nextBytes(pixels);
      bytes.put((byte) (first + i)).put(pixels);
    }
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes.array());
  }

  /** A batch as Python 2 pickled it: image i has the label first + i and the pixels of cifar. */
  public static byte[] pickle(String labelKey, int first, int count) {
    ByteBuffer out = ByteBuffer.allocate(1000 + count * (3072 + 3)).order(ByteOrder.LITTLE_ENDIAN);
    put(out, "\200\2}q\1(U\5labelU\1xU" + (char) labelKey.length() + labelKey + "](");
    for (int i = 0; i < count; i++) {
      out.put((byte) 'K').put((byte) (first + i));
    }
    put(
        out,
        "eU\4datacnumpy.core.multiarray\n_reconstruct\nq\2cnumpy\nndarray\nq\3K\0\205U\1b\207Rq\4");
    put(out, "(K\1");
    put(
        out,
        "K"
            + (char) count
            + "M\0\f\206cnumpy\ndtype\nU\2u1K\0K\1\207R(K\3U\1|NNNJ\377\377\377\377J");
    put(out, "\377\377\377\377K\0tb\211T");
    out.putInt(count * 3072);
    Random random = new Random(first);
    byte[] pixels = new byte[3072];
    for (int i = 0; i < count; i++) {
      random.nextBytes(pixels);
      out.put(pixels);
    }
    put(out, "tbu.");
    return Arrays.copyOf(out.array(), out.position());
  }

  private static void put(ByteBuffer out, String latin) {
    out.put(latin.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A tar.gz archive of files in a folder. */
  public static Path tarGz(Path file, String folder, Map<String, byte[]> files) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(new GZIPOutputStream(Files.newOutputStream(file)))) {
      for (Map.Entry<String, byte[]> e : files.entrySet()) {
        TarArchiveEntry entry = new TarArchiveEntry(folder + "/" + e.getKey());
        entry.setSize(e.getValue().length);
        tar.putArchiveEntry(entry);
        tar.write(e.getValue());
        tar.closeArchiveEntry();
      }
    }
    return file;
  }

  public static void assertRefused(Executable read, String... texts) {
    UserError e = assertThrows(UserError.class, read);
    for (String text : texts) {
      assertTrue(e.getMessage().contains(text), e.getMessage());
    }
  }
}
