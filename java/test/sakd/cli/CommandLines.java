package sakd.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Runs command lines in this process, on tiny data that a network can learn. */
public final class CommandLines {
  public static final int TEST_IMAGES = 20;
  private static final int SIDE = 28;

  private CommandLines() {}

  /** What a command answered. */
  record Answer(int code, String out, String err) {
    /** The lines on stderr from the first error or note on; those before are of its status. */
    List<String> complaints() {
      return err.lines().dropWhile(l -> !l.matches("(error|note): .*")).toList();
    }

    /** The answer, if the command succeeded and complained of nothing. */
    Answer ok() {
      assertEquals(List.of(), complaints());
      assertEquals(0, code, out);
      return this;
    }
  }

  static Answer run(List<String> args) {
    return run(args.toArray(String[]::new));
  }

  static Answer run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    return run(out, args);
  }

  private static Answer run(ByteArrayOutputStream out, String... args) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code = execute(out, err, args);
    return new Answer(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static int execute(OutputStream out, OutputStream err, String... args) {
    return Main.execute(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        args);
  }

  /** A command that ends with one line; the words of {@code expected}, between |, are in it. */
  static void assertMistake(String expected, List<String> args) {
    Answer answer = run(args);
    assertEquals(2, answer.code, answer.toString());
    assertEquals(1, answer.complaints().size(), answer.err);
    assertTrue(answer.complaints().get(0).startsWith("error: "), answer.err);
    for (String word : expected.split("\\|", -1)) {
      assertTrue(answer.err.contains(word), "'" + word + "' in: " + answer.err);
    }
  }

  /** Stands for a machine that goes down. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Runs a command that dies at the moment it prints a line that starts so. */
  static void killAt(String line, String... args) {
    ByteArrayOutputStream seen =
        new ByteArrayOutputStream() {
          @Override
          public synchronized void write(byte[] bytes, int offset, int length) {
            super.write(bytes, offset, length);
            if (toString(StandardCharsets.UTF_8).contains("\n" + line)) {
              throw new Killed();
            }
          }
        };
    try {
      int code = execute(seen, seen, args);
      throw new AssertionError("not killed but ended with " + code + ": " + seen);
    } catch (Killed e) {
      assertTrue(seen.toString(StandardCharsets.UTF_8).contains(line));
    }
  }

  /** A list of a command's first arguments and others. */
  static List<String> with(List<String> first, String... others) {
    List<String> all = new ArrayList<>(first);
    all.addAll(Arrays.asList(others));
    return all;
  }

  /** The rows of a run's summary but for what depends on the clock. */
  static List<String> epochs(Path run) throws IOException {
    return Files.readAllLines(run.resolve("summary.csv")).stream()
        .map(row -> row.substring(0, row.lastIndexOf(',', row.lastIndexOf(',') - 1)))
        .toList();
  }

  /** 60 training and 20 test images of 10 classes in a folder {@code mnist}. */
  public static Path data(Path parent) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("mnist"));
    part(folder, "train", 60);
    part(folder, "t10k", TEST_IMAGES);
    return folder;
  }

  private static void part(Path folder, String stem, int count) throws IOException {
    ByteBuffer images = ByteBuffer.allocate(16 + count * SIDE * SIDE);
    images.putInt(2051).putInt(count).putInt(SIDE).putInt(SIDE);
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(2049).putInt(count);
    Random random = new Random(stem.hashCode());
    for (int i = 0; i < count; i++) {
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          images.put((byte) (pattern(i % 10, y, x) + random.nextInt(40)));
        }
      }
      labels.put((byte) (i % 10));
    }
    Files.write(folder.resolve(stem + "-images-idx3-ubyte"), images.array());
    Files.write(folder.resolve(stem + "-labels-idx1-ubyte"), labels.array());
  }

  /** Even classes have a bright row of pixels, odd ones a column, each at its own place. */
  private static int pattern(int label, int y, int x) {
    int along = label % 2 == 0 ? y : x;
    return along / 6 == label / 2 ? 200 : 10;
  }

  /** 30 training and 6 test images of CIFAR-10's layout. */
  static Path cifar(Path parent) throws IOException {
    Path folder = Files.createDirectories(parent.resolve("cifar-10-batches-bin"));
    for (int file = 0; file < 6; file++) {
      Random random = new Random(file);
      ByteBuffer records = ByteBuffer.allocate(6 * (1 + 3 * 32 * 32));
      for (int i = 0; i < 6; i++) {
        int label = (6 * file + i) % 10;
        records.put((byte) label);
        for (int p = 0; p < 3 * 32 * 32; p++) {
          records.put((byte) (pattern(label, p / 32 % 32, p % 32) + random.nextInt(40)));
        }
      }
      String name = file < 5 ? "data_batch_" + (file + 1) + ".bin" : "test_batch.bin";
      Files.write(folder.resolve(name), records.array());
    }
    return folder;
  }
}
