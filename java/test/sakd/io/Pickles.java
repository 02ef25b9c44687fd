package sakd.io;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes pickles step by step, as torch.save would and as it would not, each byte a character, and
 * the files that they lie in.
 */
final class Pickles {
  /** Pickles of PyTorch's magic number and protocol, and of no facts about the system. */
  private static final byte[] LEGACY =
      HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e" + "80024de9032e" + "80027d2e");

  private final Map<String, byte[]> storages = new LinkedHashMap<>();

  static String number(int value) {
    ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value);
    return "J" + new String(bytes.array(), StandardCharsets.ISO_8859_1);
  }

  static String text(String text) {
    return "X" + number(text.length()).substring(1) + text;
  }

  /** A dictionary of keys and pickled values. */
  static String dict(String... keysAndValues) {
    StringBuilder out = new StringBuilder("}(");
    for (int i = 0; i < keysAndValues.length; i += 2) {
      out.append(text(keysAndValues[i])).append(keysAndValues[i + 1]);
    }
    return out.append('u').toString();
  }

  /** A vector of floats in a storage of its own. */
  String tensor(float... values) {
    String key = Integer.toString(storages.size());
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    storages.put(key, data.array());
    return "ctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
        + text(key)
        + "X\3\0\0\0cpu"
        + number(values.length)
        + "tQK\0("
        + number(values.length)
        + "t(K\1t\u0089)tR";
  }

  /** A dictionary of vectors by name, the first of one element, the second of two ... */
  String tensors(String... names) {
    String[] items = new String[2 * names.length];
    for (int i = 0; i < names.length; i++) {
      items[2 * i] = names[i];
      items[2 * i + 1] = tensor(new float[i + 1]);
    }
    return dict(items);
  }

  static byte[] bytes(String pickle) {
    return ("\u0080\2" + pickle + ".").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** An archive as torch.save makes it, with the storages of all tensors so far. */
  Path zip(Path path, byte[] pickle) throws IOException {
    return zip(path, pickle, storages);
  }

  static Path zip(Path path, byte[] pickle, Map<String, byte[]> storages) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
      store(zip, "archive/data.pkl", pickle);
      for (Map.Entry<String, byte[]> e : storages.entrySet()) {
        store(zip, ("archive/data/" + e.getKey()).replace("data/../", ""), e.getValue());
      }
    }
    return path;
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
  }

  /** The format before archives, with the storages that the pickle names. */
  Path legacy(Path path, byte[] pickle) throws IOException {
    String structure = new String(pickle, StandardCharsets.ISO_8859_1);
    Map<String, byte[]> named = new LinkedHashMap<>(storages);
    named.keySet().removeIf(key -> !structure.contains("torch\nFloatStorage\n" + text(key)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(LEGACY);
    out.writeBytes(pickle);
    StringBuilder keys = new StringBuilder("](");
    named.keySet().forEach(key -> keys.append(text(key)));
    out.writeBytes(bytes(keys.append('e').toString()));
    named
        .values()
        .forEach(
            data -> {
              ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
              out.writeBytes(count.putLong(data.length / 4).array());
              out.writeBytes(data);
            });
    return Files.write(path, out.toByteArray());
  }
}
