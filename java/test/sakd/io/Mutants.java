package sakd.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * Damages a valid file in many seeded ways and asserts that a reader either succeeds or throws a
 * {@link UserError} that names the file.
 */
public final class Mutants {
  private static final int COUNT = 200;

  private Mutants() {}

  /** Reads the damaged file and checks that what it got is well-formed. */
  @FunctionalInterface
  public interface Reader {
    void read() throws IOException;
  }

  /**
   * Runs the reader on every mutant of a file; the file is restored afterwards.
   *
   * @param headerBytes where the damage falls mostly, as the lengths and types stand there
   */
  public static void check(Path file, int headerBytes, Reader reader) throws IOException {
    check(file, headerBytes, COUNT, reader);
  }

  /** As {@link #check(Path, int, Reader)} with so many mutants. */
  public static void check(Path file, int headerBytes, int count, Reader reader)
      throws IOException {
    byte[] original = Files.readAllBytes(file);
    int refused = 0;
    for (int seed = 0; seed < count; seed++) {
      Files.write(file, mutate(original, headerBytes, new Random(seed)));
      try {
        reader.read();
      } catch (UserError e) {
        refused++;
        assertTrue(
            e.getMessage().contains(file.getFileName().toString()),
            "mutant " + seed + " is not named: " + e.getMessage());
      } catch (RuntimeException | Error e) {
        throw new AssertionError("mutant " + seed + " of " + file, e);
      }
    }
    Files.write(file, original);
    reader.read();
    assertTrue(refused > count / 4, "only " + refused + " mutants were refused");
  }

  private static byte[] mutate(byte[] original, int headerBytes, Random random) {
    byte[] bytes = original.clone();
    int head = Math.min(headerBytes, bytes.length);
    return switch (random.nextInt(5)) {
      case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
      case 2 -> { // A run of extreme bytes, as a damaged length has.
        int from = random.nextInt(head);
        int to = Math.min(bytes.length, from + 1 + random.nextInt(8));
        Arrays.fill(bytes, from, to, (byte) (random.nextBoolean() ? 0xff : 0));
        yield bytes;
      }
      case 3 -> {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
          bytes[random.nextInt(head)] ^= (byte) (1 << random.nextInt(8));
        }
        yield bytes;
      }
      default -> { // Printable damage, which a text header takes for content.
        bytes[random.nextInt(head)] = (byte) "0123456789{}[]\",:- ".charAt(random.nextInt(19));
        yield bytes;
      }
    };
  }
}
