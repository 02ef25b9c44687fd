package sakd.data.event;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import sakd.io.IoErrors;

/**
 * AEDAT 2.0 of the 128 x 128 sensor DVS128, as CIFAR10-DVS has it: lines that start with #, then
 * big-endian pairs of an address (polarity in bit 0, x in bits 1 to 7, y in bits 8 to 14) and a
 * time in microseconds. Both axes run from the far end and polarity 1 means darker, so they are
 * turned, which gives the frames that published code sees.
 */
final class Aedat2 {
  private static final int LAST = 127;

  /** Says that what happened is a signal from outside, not a change of a pixel. */
  private static final int OUTSIDE = 1 << 15;

  private Aedat2() {}

  static Events read(Path file, ByteBuffer bytes) {
    EventReader.skipLines(file, bytes, '#');
    EventReader.requireWhole(file, bytes, 8);
    bytes.order(ByteOrder.BIG_ENDIAN);
    Events events = new Events();
    Counter counter = new Counter(Integer.SIZE);
    while (bytes.hasRemaining()) {
      int address = bytes.getInt();
      long time = counter.time(bytes.getInt() & 0xffffffffL);
      if (address >>> 16 != 0) {
        throw IoErrors.damaged(
            file,
            "event " + events.size() + " has the address " + Integer.toHexString(address),
            "AEDAT 2.0 of a DVS128, with addresses below 10000 in hexadecimal");
      }
      if ((address & OUTSIDE) != 0) {
        continue;
      }
      int x = (address >>> 1) & LAST;
      int y = (address >>> 8) & LAST;
      events.add(LAST - y, LAST - x, (address & 1) == 0, time);
    }
    return events;
  }
}
