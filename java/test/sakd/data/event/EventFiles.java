package sakd.data.event;

import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;

/** Writes small recordings in every format, as their specifications say. */
public final class EventFiles {
  private EventFiles() {}

  /** Random events in time order on a sensor of some size. */
  public static Events random(int seed, int count, int width, int height) {
    Random random = new Random(seed);
    Events events = new Events();
    long time = 1000;
    for (int i = 0; i < count; i++) {
      time += random.nextInt(50);
      events.add(random.nextInt(width), random.nextInt(height), random.nextBoolean(), time);
    }
    return events;
  }

  /** N-MNIST. */
  public static Path nmnist(Path file, Events events) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(5 * events.size());
    for (int i = 0; i < events.size(); i++) {
      long time = events.time(i);
      bytes.put((byte) events.x(i)).put((byte) events.y(i));
      bytes.put((byte) ((events.on(i) ? 0x80 : 0) | time >> 16)).putShort((short) time);
    }
    return write(file, bytes);
  }

  /** N-Cars. */
  static Path prophesee(Path file, Events events) throws IOException {
    ByteBuffer bytes = buffer(8 * events.size() + 100);
    bytes.put(ascii("% Data file containing Event2D events.\n% Version 2\n"));
    bytes.put((byte) 0).put((byte) 8);
    for (int i = 0; i < events.size(); i++) {
      bytes.putInt((int) events.time(i));
      bytes.putInt(events.x(i) | events.y(i) << 14 | (events.on(i) ? 1 << 28 : 0));
    }
    return write(file, bytes);
  }

  /** CIFAR10-DVS: big-endian, axes and polarity turned. */
  public static Path aedat2(Path file, Events events) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 * events.size() + 100);
    bytes.put(ascii("#!AER-DAT2.0\r\n# This is a raw AE data file\r\n"));
    for (int i = 0; i < events.size(); i++) {
      int x = 127 - events.y(i);
      int y = 127 - events.x(i);
      bytes.putInt(y << 8 | x << 1 | (events.on(i) ? 0 : 1)).putInt((int) events.time(i));
    }
    return write(file, bytes);
  }

  /** DVS128-Gesture: packets of at most 100 events, each after a packet of another kind. */
  public static Path aedat3(Path file, Events events) throws IOException {
    ByteBuffer bytes = buffer(8 * events.size() + 200 * (events.size() / 100 + 2));
    bytes.put(ascii("#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n"));
    for (int from = 0; from < events.size(); from += 100) {
      int count = Math.min(100, events.size() - from);
      packet(bytes, 0, 8, 1).putLong(-1);
      packet(bytes, 1, 8, count + 1);
      bytes.putInt(0).putInt(0); // Not valid.
      for (int i = from; i < from + count; i++) {
        bytes.putInt(events.x(i) << 17 | events.y(i) << 2 | (events.on(i) ? 2 : 0) | 1);
        bytes.putInt((int) events.time(i));
      }
    }
    return write(file, bytes);
  }

  private static ByteBuffer packet(ByteBuffer bytes, int type, int size, int count) {
    bytes.putShort((short) type).putShort((short) 1).putInt(size).putInt(4).putInt(0);
    return bytes.putInt(count).putInt(count).putInt(count);
  }

  /** AEDAT 4 with two packets of events and one of another stream. */
  static Path aedat4(Path file, Events events, int compression) throws IOException {
    byte[] xml =
        ascii(
            "<dv version=\"2.0\"><node name=\"outInfo\" path=\"/mainloop/Recorder/outInfo/\">"
                + "<node name=\"0\" path=\"/mainloop/Recorder/outInfo/0/\">"
                + "<attr key=\"typeIdentifier\" type=\"string\">EVTS</attr></node>"
                + "<node name=\"2\" path=\"/mainloop/Recorder/outInfo/2/\">"
                + "<attr key=\"typeIdentifier\" type=\"string\">IMUS</attr></node></node></dv>");
    ByteBuffer header = buffer(64 + xml.length);
    header.putInt(20).put(ascii("IOHE")).putShort((short) 0);
    header
        .putShort((short) 10)
        .putShort((short) 20)
        .putShort((short) 4); // The fields of the table.
    header.putShort((short) 8).putShort((short) 16);
    header.putInt(10).putInt(compression).putLong(-1).putInt(4).putInt(xml.length).put(xml).flip();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(ascii("#!AER-DAT4.0\r\n"));
    out.write(sized(header.remaining()));
    out.write(array(header));
    int half = events.size() / 2;
    part(out, 0, packed(events, 0, half, compression));
    part(out, 2, new byte[] {1, 2, 3});
    part(out, 0, packed(events, half, events.size(), compression));
    Files.write(file, out.toByteArray());
    return file;
  }

  private static void part(ByteArrayOutputStream out, int stream, byte[] content) {
    out.writeBytes(sized(stream));
    out.writeBytes(sized(content.length));
    out.writeBytes(content);
  }

  private static byte[] sized(int number) {
    return array(buffer(4).putInt(number).flip());
  }

  private static byte[] packed(Events events, int from, int to, int compression)
      throws IOException {
    ByteBuffer table = buffer(28 + 16 * (to - from));
    table.putInt(16).put(ascii("EVTS")).putShort((short) 6).putShort((short) 8);
    table.putShort((short) 4).putShort((short) 0); // One field, at 4; the table begins at 16.
    table.putInt(8).putInt(4).putInt(to - from);
    for (int i = from; i < to; i++) {
      table.putLong(events.time(i)).putShort((short) events.x(i)).putShort((short) events.y(i));
      table.putInt(events.on(i) ? 1 : 0);
    }
    ByteArrayOutputStream plain = new ByteArrayOutputStream();
    plain.writeBytes(sized(table.position()));
    plain.writeBytes(array(table.flip()));
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream to4 =
        switch (compression) {
          case 0 -> packed;
          case 1 -> new FramedLZ4CompressorOutputStream(packed);
          default -> new ZstdOutputStream(packed);
        }) {
      to4.write(plain.toByteArray());
    }
    return packed.toByteArray();
  }

  static byte[] array(ByteBuffer bytes) {
    byte[] content = new byte[bytes.remaining()];
    bytes.get(content);
    return content;
  }

  static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Path write(Path file, ByteBuffer bytes) throws IOException {
    bytes.flip();
    byte[] content = array(bytes);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }
}
