package sakd.data.event;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import sakd.base.UserError;
import sakd.io.FileStart;
import sakd.io.IoErrors;

/**
 * Reads a recording, whatever its format: N-MNIST ({@code .bin}, {@code .bs2}), AEDAT 2, 3.1 and 4,
 * Prophesee's {@code .dat}, MATLAB's {@code .mat} and NumPy's {@code .npz} and {@code .npy}.
 */
public final class EventReader {
  /** The endings of recordings' names. */
  public static final Set<String> EXTENSIONS =
      Set.of(".bin", ".bs2", ".aedat", ".aedat4", ".dat", ".mat", ".npz", ".npy");

  /** Above any recording of the sets that are read here; a whole file is held while it is read. */
  private static final long MAX_BYTES = 1L << 30;

  /** A year in microseconds, so that differences of times never overflow. */
  private static final long MAX_SPAN = 366L * 86_400 * 1_000_000;

  /** The row by which ATIS, whose last is 239, says that its clock went on by so much. */
  private static final int ATIS_CLOCK_ROW = 240;

  private static final int ATIS_CLOCK_STEP = 1 << 13;

  private EventReader() {}

  /**
   * Reads a file. Its events come in the order of their times, those of one time in the file's.
   *
   * @throws UserError if it cannot be read, is damaged, holds no event, or is of another kind
   */
  public static Events read(Path file) {
    return read(file, content(file));
  }

  /** As {@link #read(Path)} of what is in the file. */
  static Events read(Path file, byte[] content) {
    Events events;
    try {
      events = decode(file, content);
    } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
      throw IoErrors.damaged(file, "a length in it points past its end", "a complete recording");
    } catch (ArithmeticException e) {
      throw IoErrors.damaged(file, "a number in it is beyond 2^63", "a complete recording");
    }
    if (events.size() == 0) {
      throw IoErrors.damaged(file, "it holds no event", "a recording");
    }
    long first = events.first();
    long last = events.last();
    // Also where the difference is beyond a long: it is negative then.
    if (last - first < 0 || last - first > MAX_SPAN) {
      throw IoErrors.damaged(
          file,
          "its times run from " + first + " to " + last + " microseconds",
          "a recording of less than a year");
    }
    return events.inOrderOfTime();
  }

  private static Events decode(Path file, byte[] content) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (startsWith(bytes, "#!AER-DAT2")) {
      return Aedat2.read(file, bytes);
    }
    if (startsWith(bytes, "#!AER-DAT3.1")) {
      return Aedat3.read(file, bytes);
    }
    if (startsWith(bytes, "#!AER-DAT4.0")) {
      return Aedat4.read(file, bytes);
    }
    if (name.endsWith(".mat")) {
      return MatEvents.read(file, bytes);
    }
    if (name.endsWith(".npz")) {
      return NpzEvents.read(file, content);
    }
    if (name.endsWith(".npy")) {
      return NpzEvents.readNpy(file, content);
    }
    if (name.endsWith(".bin") || name.endsWith(".bs2")) {
      return nmnist(file, bytes);
    }
    if (name.endsWith(".dat")) {
      return prophesee(file, bytes);
    }
    throw IoErrors.damaged(
        file,
        "its format is not known by its name or first line",
        "a recording as .bin, .bs2, .aedat (2, 3.1), .aedat4, .dat, .mat, .npz or .npy");
  }

  private static byte[] content(Path file) {
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw IoErrors.damaged(file, "it has " + size + " bytes", "a recording below 1 GiB");
      }
      byte[] content = Files.readAllBytes(file);
      FileStart start = FileStart.of(content);
      if (start.isFailedDownload()) {
        throw IoErrors.damaged(file, "it is " + start.kind(), "a recording of events");
      }
      return content;
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a recording of events", e);
    }
  }

  private static boolean startsWith(ByteBuffer bytes, String text) {
    byte[] expected = text.getBytes(StandardCharsets.US_ASCII);
    return bytes.limit() >= expected.length
        && bytes.slice(0, expected.length).equals(ByteBuffer.wrap(expected));
  }

  /** Skips lines that start with a character; returns the last of them, or an empty text. */
  static String skipLines(Path file, ByteBuffer bytes, char start) {
    String last = "";
    while (bytes.hasRemaining() && bytes.get(bytes.position()) == start) {
      int from = bytes.position();
      int end = from;
      while (end < bytes.limit() && bytes.get(end) != '\n') {
        end++;
      }
      if (end == bytes.limit()) {
        throw IoErrors.damaged(file, "it ends within its header", "a complete recording");
      }
      byte[] line = new byte[end - from];
      bytes.get(line);
      bytes.get();
      last = new String(line, StandardCharsets.ISO_8859_1).strip();
    }
    return last;
  }

  /** Whole events only: a rest shows that the file was cut off. */
  static void requireWhole(Path file, ByteBuffer bytes, int eventBytes) {
    if (bytes.remaining() == 0 || bytes.remaining() % eventBytes != 0) {
      throw IoErrors.damaged(
          file,
          "it has " + bytes.remaining() + " bytes of events",
          "a multiple of " + eventBytes + ", the bytes of an event");
    }
  }

  /**
   * 40 bits an event, big-endian: x 8, y 8, polarity 1, microseconds 23. What is in row 240 is no
   * event but a step of the clock.
   */
  private static Events nmnist(Path file, ByteBuffer bytes) {
    requireWhole(file, bytes, 5);
    bytes.order(ByteOrder.BIG_ENDIAN);
    Events events = new Events();
    Counter counter = new Counter(23);
    long steps = 0;
    while (bytes.hasRemaining()) {
      int x = bytes.get() & 0xff;
      int y = bytes.get() & 0xff;
      int high = bytes.get() & 0xff;
      int low = bytes.getShort() & 0xffff;
      long time = counter.time(((high & 0x7f) << 16) | low) + steps;
      if (y == ATIS_CLOCK_ROW) {
        steps += ATIS_CLOCK_STEP;
      } else {
        events.add(x, y, (high >> 7) == 1, time);
      }
    }
    return events;
  }

  /**
   * A header of lines with %, the type and size of an event, then time and x 14, y 14, p 4 bits.
   */
  private static Events prophesee(Path file, ByteBuffer bytes) {
    skipLines(file, bytes, '%');
    int type = bytes.get() & 0xff;
    int size = bytes.get();
    if (size != 8) {
      throw IoErrors.damaged(
          file, "its events are of type " + type + " and " + size + " bytes", "events of 8 bytes");
    }
    requireWhole(file, bytes, 8);
    Events events = new Events();
    Counter counter = new Counter(Integer.SIZE);
    while (bytes.hasRemaining()) {
      long time = counter.time(bytes.getInt() & 0xffffffffL);
      int word = bytes.getInt();
      events.add(word & 0x3fff, (word >>> 14) & 0x3fff, ((word >>> 28) & 1) == 1, time);
    }
    return events;
  }
}
