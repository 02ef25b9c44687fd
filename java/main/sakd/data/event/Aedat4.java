package sakd.data.event;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * AEDAT 4.0: a line, an {@code IOHeader} (compression, place of the table at the end, description
 * of the streams in XML), then packets of a stream number, a size and a compressed {@code
 * EventPacket}. Both tables are FlatBuffers with their size in front; of a packet only its vector
 * of events is read: time int64, x int16, y int16, on bool, 16 bytes each.
 */
final class Aedat4 {
  private static final String EXPECTED = "a complete AEDAT 4.0 file";
  private static final String EVENTS = "EVTS";
  private static final int FIRST_LINE = 14;
  private static final int EVENT_BYTES = 16;

  private Aedat4() {}

  static Events read(Path file, ByteBuffer bytes) throws IndexOutOfBoundsException {
    bytes.position(Objects.checkIndex(FIRST_LINE, bytes.limit()));
    int headerSize = size(file, bytes, bytes.getInt());
    ByteBuffer header = part(bytes, headerSize);
    int compression = FlatTable.intField(header, 0, 0);
    long table = FlatTable.longField(header, 1, -1);
    Map<Integer, String> streams = Aedat4Streams.read(file, FlatTable.text(header, 2));
    if (compression < 0 || compression > 4) {
      throw IoErrors.damaged(file, "its compression is number " + compression, EXPECTED);
    }
    if (table > bytes.limit() || (table >= 0 && table < bytes.position())) {
      throw IoErrors.damaged(file, "its table lies at " + table + " of " + bytes.limit(), EXPECTED);
    }
    if (table >= 0) {
      bytes.limit((int) table);
    }
    if (!streams.containsValue(EVENTS)) {
      throw IoErrors.damaged(
          file,
          "its description names no stream of events"
              + (streams.isEmpty() ? "" : " but " + streams.values()),
          EXPECTED);
    }
    UnpackLimit limit = new UnpackLimit(file, bytes.limit());
    Events events = new Events();
    while (bytes.hasRemaining()) {
      int stream = bytes.getInt();
      ByteBuffer packet = part(bytes, size(file, bytes, bytes.getInt()));
      String type = streams.get(stream);
      if (type == null) {
        throw IoErrors.damaged(
            file, "a packet is of stream " + stream + ", which is not described", EXPECTED);
      }
      if (type.equals(EVENTS)) {
        add(file, unpack(file, packet, compression, limit), events);
      }
    }
    return events;
  }

  private static int size(Path file, ByteBuffer bytes, int size) {
    if (size < 0 || size > bytes.remaining()) {
      throw IoErrors.damaged(
          file, "a part claims " + size + " of " + bytes.remaining() + " bytes", EXPECTED);
    }
    return size;
  }

  private static ByteBuffer part(ByteBuffer bytes, int size) {
    ByteBuffer part = bytes.slice(bytes.position(), size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + size);
    return part;
  }

  private static ByteBuffer unpack(
      Path file, ByteBuffer packet, int compression, UnpackLimit limit) {
    byte[] raw = new byte[packet.remaining()];
    packet.get(raw);
    byte[] unpacked = raw;
    if (compression != 0) {
      try (InputStream in =
          compression <= 2
              ? new FramedLZ4CompressorInputStream(new ByteArrayInputStream(raw))
              : new ZstdInputStream(new ByteArrayInputStream(raw))) {
        unpacked = limit.readAll(in);
      } catch (UserError e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        throw IoErrors.damaged(
            file, "a packet cannot be unpacked (" + e.getMessage() + ")", EXPECTED);
      }
    }
    ByteBuffer content = ByteBuffer.wrap(unpacked).order(ByteOrder.LITTLE_ENDIAN);
    int size = content.getInt();
    if (size < 0 || size > content.remaining()) {
      throw IoErrors.damaged(file, "a packet claims " + size + " bytes", EXPECTED);
    }
    return content.slice(4, size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void add(Path file, ByteBuffer packet, Events events) {
    byte[] identifier = new byte[4];
    packet.get(4, identifier);
    if (!new String(identifier, StandardCharsets.ISO_8859_1).equals(EVENTS)) {
      throw IoErrors.damaged(file, "a packet of an event stream holds something else", EXPECTED);
    }
    int vector = FlatTable.reference(packet, 0);
    if (vector < 0) {
      return;
    }
    int count = packet.getInt(vector);
    if (count < 0 || (long) count * EVENT_BYTES > packet.limit() - vector - 4) {
      throw IoErrors.damaged(file, "a packet claims " + count + " events", EXPECTED);
    }
    for (int i = 0; i < count; i++) {
      int at = vector + 4 + i * EVENT_BYTES;
      long time = packet.getLong(at);
      int x = packet.getShort(at + 8);
      int y = packet.getShort(at + 10);
      if (x < 0 || y < 0 || (packet.get(at + 12) & 0xfe) != 0) {
        throw IoErrors.damaged(file, "an event lies at column " + x + ", row " + y, EXPECTED);
      }
      events.add(x, y, packet.get(at + 12) == 1, time);
    }
  }
}
