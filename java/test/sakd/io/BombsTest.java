package sakd.io;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;

/** Files made to take all memory are refused before they do. */
class BombsTest {
  private static final int LARGE = 7 << 20;

  @TempDir Path folder;

  /** What is refused may take so much of the heap, all that was let go again included. */
  private static void assertRefused(Path path, long bytes, String words) {
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = memory.getCurrentThreadAllocatedBytes();
    UserError e = assertThrows(UserError.class, () -> WeightFile.read(path));
    long taken = memory.getCurrentThreadAllocatedBytes() - before;
    assertTrue(
        e.getMessage().contains(path + ": ") && e.getMessage().contains(words), e::getMessage);
    assertTrue(taken < bytes, words + " took " + taken);
  }

  /** Steps of one byte: a dictionary, a list, a set, nothing, a mark, the value again, a memo. */
  @ParameterizedTest
  @ValueSource(strings = {"}", "]", "\u008f", "N", "(", "2", "\u0094"})
  void ofValuesInAPickle(String step) throws IOException {
    byte[] pickle = Pickles.bytes("K\1" + step.repeat(LARGE / 2));
    Path path = Pickles.zip(folder.resolve("w.pth"), pickle, Map.of());
    assertRefused(path, 400L << 20, "more than 2097152 values");
  }

  /** Containers in one another, which whatever walks through them must not follow to the end. */
  @ParameterizedTest
  @ValueSource(strings = {"](|e", "}(X\1\0\0\0a|u", "(|t", "|\u0085"})
  void ofLevelsInAPickle(String container) throws IOException {
    int value = container.indexOf('|');
    String nested =
        container.substring(0, value).repeat(100_000)
            + "K\1"
            + container.substring(value + 1).repeat(100_000);
    Path path = Pickles.zip(folder.resolve("w.pth"), Pickles.bytes(nested), Map.of());
    assertRefused(path, 200L << 20, "holds no tensors by name");
    String key = "](" + nested + "e";
    Path legacy = new Pickles().legacy(path, Pickles.bytes(Pickles.dict("a", key)));
    assertRefused(legacy, 200L << 20, "holds no tensors by name");
  }

  /** What is proportional to a length and a number at once. */
  @Test
  void ofLongNames() throws IOException {
    String[] items = new String[200_000];
    for (int i = 0; i < items.length; i += 2) {
      items[i] = "k" + i;
      items[i + 1] = "}";
    }
    String nested = Pickles.dict("k".repeat(1 << 20), Pickles.dict(items));
    Path path = Pickles.zip(folder.resolve("w.pth"), Pickles.bytes(nested), Map.of());
    assertRefused(path, 200L << 20, "holds no tensors by name, its keys are kkk");
    Pickles pickles = new Pickles();
    String dots = Pickles.dict(".a".repeat(1 << 19), pickles.tensor(1));
    Path named = pickles.zip(path, Pickles.bytes(dots));
    assertRefused(named, 200L << 20, "the name of a tensor has 1048576 characters");
    String digits = ("L" + "9".repeat(60_000) + "L\n0").repeat(100);
    assertRefused(
        Pickles.zip(path, Pickles.bytes(digits + "N"), Map.of()), 200L << 20, "makes no sense");
  }

  @Test
  void ofCopiesInAPickle() throws IOException {
    String items = "](" + "(X\1\0\0\0aNt".repeat(1000) + "eq\1";
    String copies = "ccollections\nOrderedDict\nq\2" + "h\2h\1\u0085R".repeat(100_000);
    Path path =
        Pickles.zip(folder.resolve("w.pth"), Pickles.bytes("(" + items + copies + "t"), Map.of());
    assertRefused(path, 400L << 20, "makes no sense");
  }

  /** A header of 90 MB, one of many small values, and one of levels without end. */
  @Test
  void inTheHeaderOfSafetensors() throws IOException {
    Path path = folder.resolve("w.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      ByteBuffer start = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
      file.write(start.putLong(90_000_000).put((byte) '{').array());
      file.setLength(90_000_100);
    }
    assertRefused(path, 1 << 20, "the header length 90000000 is not between 2 and 16777216");
    for (String value : new String[] {"{},", "[],", "1,", "{\"a\":"}) {
      String json = "{\"a\":[" + value.repeat(LARGE / value.length());
      ByteBuffer bytes = ByteBuffer.allocate(8 + json.length()).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(json.length()).put(json.getBytes(StandardCharsets.US_ASCII));
      Files.write(path, bytes.array());
      assertRefused(path, 400L << 20, value.startsWith("{\"") ? "64 levels" : "2097152 values");
    }
  }

  @Test
  void ofZerosInGzip() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(packed)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 65; i++) {
        gzip.write(zeros);
      }
    }
    byte[] bytes = packed.toByteArray();
    try (Gunzip in = new Gunzip(new ByteArrayInputStream(bytes), bytes.length)) {
      assertThrows(ZipException.class, () -> in.transferTo(OutputStream.nullOutputStream()));
    }
    try (Gunzip in = new Gunzip(new ByteArrayInputStream(bytes), 1 << 20)) {
      assertTrue(in.readAllBytes().length == 65 << 20); // As a file of that size it is plausible.
    }
  }
}
