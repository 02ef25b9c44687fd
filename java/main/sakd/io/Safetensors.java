package sakd.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;

/**
 * Safetensors files: 8 bytes header length (little-endian), a JSON header, then the tensors' bytes.
 *
 * <p>Written so that the Python library loads them: the header padded with spaces to a multiple of
 * 8 bytes, and the tensors stored by falling element size, so that each lies aligned.
 */
public final class Safetensors {
  /**
   * Some 100,000 tensors. The Python library takes 100 MB, which would be ten times that in memory.
   */
  private static final int MAX_HEADER = 16 << 20;

  /**
   * From this size a tensor is mapped instead of read: a file of several GB takes no heap, and the
   * many small tensors of a network do not take a mapping each.
   */
  private static final int MAP_FROM = 1 << 20;

  private Safetensors() {}

  /**
   * Reads a whole file. Large tensors are mapped: do not shorten the file in place while they are
   * in use (replacing it by a rename, as every writer here does, is fine).
   *
   * @throws UserError if the file cannot be read or is damaged
   */
  public static SafetensorsFile read(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      long length = size < 8 ? -1 : readExactly(channel, 0, 8).getLong();
      if (length < 2 || length > size - 8 || length > MAX_HEADER) {
        throw IoErrors.damaged(
            path,
            size < 8
                ? "the file has only " + size + " bytes"
                : "the header length "
                    + Long.toUnsignedString(length)
                    + " is not between 2 and "
                    + Math.min(size - 8, MAX_HEADER),
            "a complete safetensors file");
      }
      long start = 8 + length;
      SafetensorsHeader header =
          new SafetensorsHeader(path, readExactly(channel, 8, (int) length), size - start);
      Map<String, HostTensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, SafetensorsHeader.Entry> e : header.entries.entrySet()) {
        SafetensorsHeader.Entry t = e.getValue();
        int bytes = (int) (t.end() - t.begin());
        ByteBuffer data =
            bytes >= MAP_FROM
                ? channel.map(FileChannel.MapMode.READ_ONLY, start + t.begin(), bytes)
                : readExactly(channel, start + t.begin(), bytes);
        tensors.put(e.getKey(), new HostTensor(t.dtype(), t.shape(), data));
      }
      return new SafetensorsFile(header.metadata, tensors);
    } catch (IOException e) {
      throw IoErrors.unreadable(path, "a safetensors file", e);
    }
  }

  /**
   * Creates or replaces a file, atomically.
   *
   * @param metadata free text by key; may be empty
   * @param tensors the tensors by name; the header keeps their order
   * @throws UserError if the file cannot be written; one already there is then unchanged
   */
  public static void write(
      Path path, Map<String, String> metadata, Map<String, HostTensor> tensors) {
    if (tensors.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be named " + SafetensorsHeader.METADATA);
    }
    List<Map.Entry<String, HostTensor>> stored = new ArrayList<>(tensors.entrySet());
    stored.sort(
        Comparator.comparingInt(
            (Map.Entry<String, HostTensor> e) -> -HostTensor.elementSize(e.getValue().dtype())));
    ByteBuffer header = header(metadata, tensors, stored);
    AtomicFile.write(
        path,
        channel -> {
          AtomicFile.writeFully(channel, header);
          for (Map.Entry<String, HostTensor> e : stored) {
            AtomicFile.writeFully(channel, e.getValue().data());
          }
        });
  }

  private static ByteBuffer header(
      Map<String, String> metadata,
      Map<String, HostTensor> tensors,
      List<Map.Entry<String, HostTensor>> stored) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      json.put(SafetensorsHeader.METADATA, metadata);
    }
    tensors.keySet().forEach(name -> json.put(name, null)); // Fixes the order.
    long end = 0;
    for (Map.Entry<String, HostTensor> e : stored) {
      HostTensor t = e.getValue();
      long begin = end;
      end += t.data().limit();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("dtype", t.dtype());
      entry.put("shape", Arrays.stream(t.shape()).boxed().toList());
      entry.put("data_offsets", List.of(begin, end));
      json.put(e.getKey(), entry);
    }
    byte[] text = Json.format(json).getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + 7) / 8 * 8;
    byte[] spaces = new byte[padded - text.length];
    Arrays.fill(spaces, (byte) ' ');
    return ByteBuffer.allocate(8 + padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded)
        .put(text)
        .put(spaces)
        .flip();
  }

  /** Reads bytes that the file's size has already been found to cover. */
  static ByteBuffer readExactly(FileChannel channel, long position, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException();
      }
    }
    return buffer.flip();
  }
}
