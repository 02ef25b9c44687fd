package sakd.data;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.function.Executable;
import sakd.io.UserError;

/** Small valid files of each layout, to be read or damaged. */
final class TestFiles {
  private TestFiles() {}

  /** Pixel i is i modulo 251. */
  static Path idxImages(Path file, int count, int height, int width) throws IOException {
    byte[] pixels = new byte[count * height * width];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (i % 251);
    }
    return idx(file, pixels, 2051, count, height, width);
  }

  /** Label i is i modulo 10. */
  static Path idxLabels(Path file, int count) throws IOException {
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
    }
    return idx(file, labels, 2049, count);
  }

  /** Gzipped if the name says so. */
  static Path idx(Path file, byte[] content, int... header) throws IOException {
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
  static Path cifar(Path file, int labelBytes, int first, int count) throws IOException {
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

  static void assertRefused(Executable read, String... texts) {
    UserError e = assertThrows(UserError.class, read);
    for (String text : texts) {
      assertTrue(e.getMessage().contains(text), e.getMessage());
    }
  }
}
