package sakd.data.event;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import sakd.io.IoErrors;

/**
 * AEDAT 3.1, as DVS128-Gesture has it: a header of lines up to {@code #!END-HEADER}, then packets
 * of 28 bytes of header and equally large events. Polarity events (type 1) have a word of bit 0
 * valid, bit 1 polarity, bits 2 to 16 y, bits 17 to 31 x, and a time in microseconds whose overflow
 * counter is in the packet's header.
 */
final class Aedat3 {
  private static final int POLARITY = 1;
  private static final int HEADER_BYTES = 28;
  private static final int EVENT_BYTES = 8;

  private Aedat3() {}

  static Events read(Path file, ByteBuffer bytes) {
    String last = EventReader.skipLines(file, bytes, '#');
    String expected = "a complete AEDAT 3.1 file";
    if (!last.startsWith("#!END-HEADER")) {
      throw IoErrors.damaged(file, "its header does not end with #!END-HEADER", expected);
    }
    Events events = new Events();
    while (bytes.hasRemaining()) {
      if (bytes.remaining() < HEADER_BYTES) {
        throw IoErrors.damaged(file, "it ends within the header of a packet", expected);
      }
      int type = bytes.getShort();
      bytes.getShort(); // The source, if there are several cameras.
      int size = bytes.getInt();
      int timeOffset = bytes.getInt();
      long overflow = bytes.getInt();
      bytes.getInt(); // The capacity, which is not written in full.
      int count = bytes.getInt();
      int valid = bytes.getInt();
      if (size < 1
          || count < 0
          || valid < 0
          || valid > count
          || overflow < 0
          || (long) size * count > bytes.remaining()) {
        throw IoErrors.damaged(
            file, "a packet claims " + count + " events of " + size + " bytes", expected);
      }
      if (type != POLARITY) {
        bytes.position(bytes.position() + size * count);
        continue;
      }
      if (size != EVENT_BYTES || timeOffset != 4) {
        throw IoErrors.damaged(file, "its polarity events have " + size + " bytes", "8 bytes");
      }
      for (int i = 0; i < count; i++) {
        int word = bytes.getInt();
        int time = bytes.getInt();
        if (time < 0) {
          throw IoErrors.damaged(file, "an event is of time " + time, expected);
        }
        if ((word & 1) == 1) {
          events.add(
              (word >>> 17) & 0x7fff,
              (word >>> 2) & 0x7fff,
              ((word >>> 1) & 1) == 1,
              (overflow << 31) | time);
        }
      }
    }
    return events;
  }
}
