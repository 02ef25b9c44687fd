package sakd.io;

import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import sakd.base.UserError;

/**
 * Damages a valid file in many seeded ways and asserts that a reader either succeeds or throws a
 * {@link UserError} that names the file, in bounded time and memory.
 */
public final class Mutants {
  private static final int COUNT = 1_000;

  /** Far above what a machine under load needs: a reader without end is meant. */
  private static final Duration TIME = Duration.ofMinutes(3);

  /** What reading a mutant, of some 100 KB at most, may take of the heap in total. */
  private static final long MEMORY = 512L << 20;

  /** Where lengths, counts and offsets overflow; what is near is reached by small steps. */
  private static final List<Long> EXTREMES =
      List.of(
          0L, -1L, 1L << 31, (1L << 31) - 1, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 62);

  /** What opens a level in pickles, JSON and XML; a valid file has a few of them. */
  private static final List<String> OPENINGS =
      List.of("(", "]", "{", "[", "(l", "\u0085", "}K\1", "{\"a\":", "<a>");

  private static final int MAX_LEVELS = 12_000;

  private Mutants() {}

  /** Reads the damaged file and checks that what it got is well-formed. */
  @FunctionalInterface
  public interface Reader {
    void read() throws IOException;
  }

  /** Puts damaged bytes where the reader will find them. */
  @FunctionalInterface
  public interface Writer {
    void write(byte[] mutant) throws IOException;
  }

  /**
   * Mutants of a file, the same ones for the same seed.
   *
   * @param headerBytes where the damage falls mostly, as the lengths and types stand there
   */
  public static Stream<byte[]> of(byte[] valid, int headerBytes, long seed, int count) {
    return LongStream.range(seed, seed + count)
        .mapToObj(s -> mutate(valid, headerBytes, new Random(s)));
  }

  /** Runs the reader on 1,000 mutants of a file; the file is restored afterwards. */
  public static void check(Path file, int headerBytes, Reader reader) throws IOException {
    check(file, headerBytes, COUNT, reader);
  }

  /** As {@link #check(Path, int, Reader)} with so many mutants. */
  public static void check(Path file, int headerBytes, int count, Reader reader)
      throws IOException {
    byte[] valid = Files.readAllBytes(file);
    check(file, valid, headerBytes, count, mutant -> Files.write(file, mutant), reader);
  }

  /**
   * Damages a part of a file, such as what lies in an archive under a checksum.
   *
   * @param file has to be named by what refuses a mutant
   * @param valid the part
   * @param writer writes the file with a damaged part in it
   */
  public static void check(
      Path file, byte[] valid, int headerBytes, int count, Writer writer, Reader reader)
      throws IOException {
    int[] refused = new int[1];
    assertTimeoutPreemptively(
        TIME,
        () -> {
          ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
          for (int seed = 0; seed < count; seed++) {
            writer.write(mutate(valid, headerBytes, new Random(seed)));
            long before = memory.getCurrentThreadAllocatedBytes();
            refused[0] += isRefused(file, seed, reader) ? 1 : 0;
            long taken = memory.getCurrentThreadAllocatedBytes() - before;
            assertTrue(taken < MEMORY, "mutant " + seed + " of " + file + " took " + taken);
          }
        });
    writer.write(valid);
    reader.read();
    assertTrue(refused[0] > count / 4, "only " + refused[0] + " mutants were refused");
  }

  private static boolean isRefused(Path file, int seed, Reader reader) throws IOException {
    try {
      reader.read();
      return false;
    } catch (UserError e) {
      String message = e.getMessage();
      assertTrue(
          message.contains(file.getFileName().toString()),
          () -> "mutant " + seed + " is not named: " + message);
      return true;
    } catch (RuntimeException | Error e) {
      throw new AssertionError("mutant " + seed + " of " + file, e);
    }
  }

  private static byte[] mutate(byte[] valid, int headerBytes, Random random) {
    byte[] bytes = valid.clone();
    int head = Math.min(headerBytes, bytes.length);
    int at = random.nextInt(head);
    return switch (random.nextInt(11)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
      case 2 -> { // A run of extreme bytes, as a damaged length has.
        int to = Math.min(bytes.length, at + 1 + random.nextInt(8));
        Arrays.fill(bytes, at, to, (byte) (random.nextBoolean() ? 0xff : 0));
        yield bytes;
      }
      case 3 -> {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(head)] ^= (byte) (1 << random.nextInt(8));
        }
        yield bytes;
      }
      case 4 -> { // Printable damage, which a text header takes for content.
        bytes[at] = (byte) "0123456789{}[]\",:- ".charAt(random.nextInt(19));
        yield bytes;
      }
      case 5, 6 -> extreme(bytes, at, random);
      case 7 -> number(bytes, at, random);
      case 8 ->
          spliced(bytes, at, Math.min(bytes.length, at + random.nextInt(7)), new byte[] {'N'});
      case 9 -> {
        String levels = OPENINGS.get(random.nextInt(OPENINGS.size()));
        byte[] nested =
            levels.repeat(1 + random.nextInt(MAX_LEVELS)).getBytes(StandardCharsets.ISO_8859_1);
        yield spliced(bytes, at, at, nested);
      }
      default -> { // A region again, where it ends or over another.
        byte[] region = Arrays.copyOfRange(bytes, at, at + 1 + random.nextInt(bytes.length - at));
        int to = random.nextBoolean() ? at + region.length : random.nextInt(head);
        int end = random.nextBoolean() ? to : Math.min(bytes.length, to + region.length);
        yield spliced(bytes, to, end, region);
      }
    };
  }

  /** An integer at the edge of its range, in either byte order. */
  private static byte[] extreme(byte[] bytes, int at, Random random) {
    long value = EXTREMES.get(random.nextInt(EXTREMES.size())) + random.nextInt(9) - 4;
    ByteBuffer out =
        ByteBuffer.wrap(bytes)
            .order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    if (random.nextBoolean() && at <= bytes.length - Long.BYTES) {
      out.putLong(at, value);
    } else if (at <= bytes.length - Integer.BYTES) {
      out.putInt(at, (int) value);
    }
    return bytes;
  }

  /** An integer at the edge of its range in the place of one in digits, the next after that one. */
  private static byte[] number(byte[] bytes, int at, Random random) {
    int from = at;
    while (from < bytes.length && !isDigit(bytes[from])) {
      from++;
    }
    int to = from;
    while (to < bytes.length && isDigit(bytes[to])) {
      to++;
    }
    long value = EXTREMES.get(random.nextInt(EXTREMES.size())) + random.nextInt(9) - 4;
    return spliced(bytes, from, to, Long.toString(value).getBytes(StandardCharsets.US_ASCII));
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
    return ByteBuffer.allocate(bytes.length - (to - from) + middle.length)
        .put(bytes, 0, from)
        .put(middle)
        .put(bytes, to, bytes.length - to)
        .array();
  }
}
