package sakd.data.event;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import sakd.io.IoErrors;

/**
 * Recordings as SpikingJelly keeps them: a zip of the NumPy vectors {@code t}, {@code x}, {@code y}
 * and {@code p} of whole numbers.
 */
final class NpzEvents {
  private static final String EXPECTED = "a complete .npz file with vectors t, x, y and p";
  private static final int MAX_VECTOR = 1 << 28;
  private static final int NPY_START = 10;
  private static final Pattern DESCR = Pattern.compile("'descr': '([<|][biu])([1248])'");
  private static final Pattern SHAPE = Pattern.compile("'shape': \\((\\d{1,9}),\\)");

  private NpzEvents() {}

  static Events read(Path file, byte[] bytes) {
    Map<String, long[]> vectors = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName();
        if (name.matches("[txyp]\\.npy")) {
          vectors.put(name.substring(0, 1), vector(file, name, zip.readNBytes(MAX_VECTOR)));
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw IoErrors.damaged(file, "it cannot be unpacked (" + e.getMessage() + ")", EXPECTED);
    }
    if (vectors.size() != 4) {
      throw IoErrors.damaged(file, "it has only " + vectors.keySet(), EXPECTED);
    }
    long[] t = vectors.get("t");
    long[] x = vectors.get("x");
    long[] y = vectors.get("y");
    long[] p = vectors.get("p");
    if (x.length != t.length || y.length != t.length || p.length != t.length) {
      throw IoErrors.damaged(file, "its vectors differ in length", EXPECTED);
    }
    Events events = new Events();
    for (int i = 0; i < t.length; i++) {
      if (x[i] < 0 || y[i] < 0 || x[i] > Short.MAX_VALUE || y[i] > Short.MAX_VALUE) {
        throw IoErrors.damaged(file, "an event lies at column " + x[i] + ", row " + y[i], EXPECTED);
      }
      events.add((int) x[i], (int) y[i], p[i] > 0, t[i]);
    }
    return events;
  }

  /** A one-dimensional .npy array of integers or booleans. */
  private static long[] vector(Path file, String name, byte[] content) {
    ByteBuffer npy = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    String found = name + " is no NumPy vector of whole numbers";
    if (content.length < NPY_START || npy.getInt(0) != 0x4d554e93 || content[6] != 1) {
      throw IoErrors.damaged(file, found, EXPECTED);
    }
    int headerBytes = Short.toUnsignedInt(npy.getShort(8));
    if (headerBytes > content.length - NPY_START) {
      throw IoErrors.damaged(file, found, EXPECTED);
    }
    String header = new String(content, NPY_START, headerBytes, StandardCharsets.ISO_8859_1);
    Matcher descr = DESCR.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    if (!descr.find() || !shape.find()) {
      throw IoErrors.damaged(file, found, EXPECTED);
    }
    boolean signed = descr.group(1).endsWith("i");
    int size = Integer.parseInt(descr.group(2));
    int length = Integer.parseInt(shape.group(1));
    npy.position(NPY_START + headerBytes);
    if ((long) length * size != npy.remaining()) {
      throw IoErrors.damaged(file, name + " has not the bytes of " + length + " numbers", EXPECTED);
    }
    long[] values = new long[length];
    for (int i = 0; i < length; i++) {
      values[i] =
          switch (size) {
            case 1 -> signed ? npy.get() : npy.get() & 0xff;
            case 2 -> signed ? npy.getShort() : npy.getShort() & 0xffff;
            case 4 -> signed ? npy.getInt() : npy.getInt() & 0xffffffffL;
            default -> npy.getLong();
          };
    }
    return values;
  }
}
