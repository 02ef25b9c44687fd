package sakd.data.event;

import io.airlift.compress.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorInputStream;
import sakd.io.IoErrors;

/**
 * AEDAT 4.0: a line, an {@code IOHeader} (compression, place of the table at the end, description
 * of the streams in XML), then packets of a stream number, a size and a compressed {@code
 * EventPacket}. Both tables are FlatBuffers with their size in front; of a packet only its vector
 * of events is read: time int64, x int16, y int16, on bool, 16 bytes each.
 */
final class Aedat4 {
  private static final String EXPECTED = "a complete AEDAT 4.0 file";
  private static final int FIRST_LINE = 14;
  private static final int EVENT_BYTES = 16;

  /** Far above a packet of events, of which cameras write some thousand a second. */
  private static final int MAX_PACKET = 1 << 28;

  private static final Pattern STREAM =
      Pattern.compile("<node name=\"(\\d+)\" path=\"[^\"]*/outInfo/\\1/\">");
  private static final Pattern TYPE = Pattern.compile("key=\"typeIdentifier\"[^>]*>([A-Z0-9]{4})<");

  private Aedat4() {}

  static Events read(Path file, ByteBuffer bytes) throws IndexOutOfBoundsException {
    bytes.position(Objects.checkIndex(FIRST_LINE, bytes.limit()));
    int headerSize = size(file, bytes, bytes.getInt());
    ByteBuffer header = part(bytes, headerSize);
    int compression = Flat.intField(header, 0, 0);
    long table = Flat.longField(header, 1, -1);
    Set<Integer> streams = eventStreams(Flat.text(header, 2));
    if (compression < 0 || compression > 4) {
      throw IoErrors.damaged(file, "its compression is number " + compression, EXPECTED);
    }
    if (table > bytes.limit() || (table >= 0 && table < bytes.position())) {
      throw IoErrors.damaged(file, "its table lies at " + table + " of " + bytes.limit(), EXPECTED);
    }
    if (table >= 0) {
      bytes.limit((int) table);
    }
    Events events = new Events();
    while (bytes.hasRemaining()) {
      int stream = bytes.getInt();
      ByteBuffer packet = part(bytes, size(file, bytes, bytes.getInt()));
      if (streams.contains(stream)) {
        add(file, unpack(file, packet, compression), events);
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

  /** The numbers of the streams that hold events; every stream if the header describes none. */
  private static Set<Integer> eventStreams(String xml) {
    Set<Integer> streams = new HashSet<>();
    Matcher stream = STREAM.matcher(xml);
    Matcher type = TYPE.matcher(xml);
    while (stream.find()) {
      if (type.find(stream.end()) && type.group(1).equals("EVTS")) {
        streams.add(Integer.parseInt(stream.group(1)));
      }
    }
    return streams;
  }

  private static ByteBuffer unpack(Path file, ByteBuffer packet, int compression) {
    byte[] raw = new byte[packet.remaining()];
    packet.get(raw);
    byte[] unpacked = raw;
    if (compression != 0) {
      try (InputStream in =
          compression <= 2
              ? new FramedLZ4CompressorInputStream(new ByteArrayInputStream(raw))
              : new ZstdInputStream(new ByteArrayInputStream(raw))) {
        unpacked = in.readNBytes(MAX_PACKET);
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
    if (!new String(identifier, StandardCharsets.ISO_8859_1).equals("EVTS")) {
      throw IoErrors.damaged(file, "a packet of an event stream holds something else", EXPECTED);
    }
    int vector = Flat.reference(packet, 0);
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

  /**
   * The least of FlatBuffers: a buffer begins with the place of its table; a table with how far
   * before it its list of fields lies, which gives each field's place in the table, 0 for none. An
   * access past the end throws IndexOutOfBoundsException.
   */
  private static final class Flat {
    private Flat() {}

    private static int place(ByteBuffer b, int field) {
      int table = b.getInt(0);
      int fields = table - b.getInt(table);
      int entry = 4 + 2 * field;
      int offset =
          entry < Short.toUnsignedInt(b.getShort(fields))
              ? Short.toUnsignedInt(b.getShort(fields + entry))
              : 0;
      return offset == 0 ? -1 : table + offset;
    }

    static int intField(ByteBuffer b, int field, int otherwise) {
      int place = place(b, field);
      return place < 0 ? otherwise : b.getInt(place);
    }

    static long longField(ByteBuffer b, int field, long otherwise) {
      int place = place(b, field);
      return place < 0 ? otherwise : b.getLong(place);
    }

    /** Where the vector or text of a field begins, with its length; negative if there is none. */
    static int reference(ByteBuffer b, int field) {
      int place = place(b, field);
      return place < 0 ? -1 : Math.addExact(place, b.getInt(place));
    }

    static String text(ByteBuffer b, int field) {
      int place = reference(b, field);
      if (place < 0) {
        return "";
      }
      int length = b.getInt(place);
      Objects.checkFromIndexSize(0, length, b.limit() - place - 4);
      byte[] text = new byte[length];
      b.get(place + 4, text);
      return new String(text, StandardCharsets.UTF_8);
    }
  }
}
