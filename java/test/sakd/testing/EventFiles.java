package sakd.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads TensorBoard's event files, from the format's specification alone. */
public final class EventFiles {
  private EventFiles() {}

  /** The records of the folder's one event file, checksums checked. */
  public static List<ProtobufReader> read(Path folder) throws IOException {
    List<Path> files;
    try (var listed = Files.list(folder)) {
      files = listed.filter(f -> f.getFileName().toString().contains("tfevents")).toList();
    }
    assertEquals(1, files.size());
    ByteBuffer in =
        ByteBuffer.wrap(Files.readAllBytes(files.get(0))).order(ByteOrder.LITTLE_ENDIAN);
    List<ProtobufReader> events = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[8];
      in.get(length);
      assertEquals(masked(length), in.getInt());
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(data);
      assertEquals(masked(data), in.getInt());
      events.add(new ProtobufReader(data));
    }
    return events;
  }

  /** CRC-32C from its polynomial, bit by bit, masked as TensorFlow's record format has it. */
  private static int masked(byte[] bytes) {
    int state = -1;
    for (byte b : bytes) {
      state ^= b & 0xff;
      for (int i = 0; i < 8; i++) {
        state = (state & 1) != 0 ? (state >>> 1) ^ 0x82f63b78 : state >>> 1;
      }
    }
    int crc = ~state;
    return ((crc >>> 15) | (crc << 17)) + (int) 0xa282ead8L;
  }
}
