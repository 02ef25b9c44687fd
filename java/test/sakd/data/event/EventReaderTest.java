package sakd.data.event;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.io.Mutants;
import sakd.io.UserError;

class EventReaderTest {
  @TempDir Path folder;

  @FunctionalInterface
  interface Writer {
    Path write(Path file, Events events) throws IOException;
  }

  /**
   * @param side of the sensor that fits the format
   * @param header bytes in which damage is sought, if there is a header
   * @param mutants damaged files to try
   */
  record Format(String name, int side, int header, int mutants, Writer writer) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Format> formats() {
    return Stream.of(
        new Format("a.bin", 34, 200, 1000, EventFiles::nmnist),
        new Format("a.bs2", 34, 200, 20, EventFiles::nmnist),
        new Format("a.dat", 100, 60, 200, EventFiles::prophesee),
        new Format("a2.aedat", 128, 60, 1000, EventFiles::aedat2),
        new Format("a3.aedat", 128, 120, 1000, EventFiles::aedat3),
        new Format("plain.aedat4", 300, 600, 400, (f, e) -> EventFiles.aedat4(f, e, 0)),
        new Format("lz4.aedat4", 300, 600, 300, (f, e) -> EventFiles.aedat4(f, e, 1)),
        new Format("zstd.aedat4", 300, 600, 300, (f, e) -> EventFiles.aedat4(f, e, 3)),
        new Format("touch.mat", 10, 250, 200, EventFiles::touches),
        new Format("dat2mat.mat", 128, 250, 200, EventFiles::dat2mat),
        new Format("a.npz", 128, 300, 200, EventFiles::npz));
  }

  @ParameterizedTest
  @MethodSource("formats")
  void readsWhatWasWritten(Format format) throws IOException {
    Events written = EventFiles.random(1, 250, format.side, format.side);
    Events read = EventReader.read(format.writer.write(folder.resolve(format.name), written));
    assertEquals(written.size(), read.size());
    for (int i = 0; i < written.size(); i++) {
      String event = "event " + i;
      assertEquals(written.x(i), read.x(i), event);
      assertEquals(written.y(i), read.y(i), event);
      assertEquals(written.on(i), read.on(i), event);
      assertEquals(written.time(i), read.time(i), event);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void survivesDamage(Format format) throws IOException {
    Events written = EventFiles.random(1, 120, format.side, format.side);
    Path file = format.writer.write(folder.resolve(format.name), written);
    Mutants.check(file, format.header, format.mutants, () -> EventReader.read(file));
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "hello");
    UserError e = assertThrows(UserError.class, () -> EventReader.read(text));
    assertTrue(e.getMessage().contains("notes.txt"), e.getMessage());
    assertTrue(e.getMessage().contains(".aedat4"), e.getMessage());
    assertThrows(UserError.class, () -> EventReader.read(folder.resolve("none.bin")));
  }

  @Test
  void framesByCountAndByTime() {
    Events events = new Events();
    long[] times = {10, 11, 12, 13, 30, 31, 49};
    for (int i = 0; i < times.length; i++) {
      events.add(i % 2, 0, i < 3, times[i]);
    }
    // Seven events in three frames: two each, the last has the rest. [frame, off/on, row, column].
    assertArrayEquals(
        new byte[] {0, 0, 1, 1, 0, 1, 1, 0, 2, 1, 0, 0}, events.frames(3, 1, 2, FrameSplit.COUNT));
    // 39 microseconds in three frames of 13: up to 22, 35 and the end.
    assertArrayEquals(
        new byte[] {0, 1, 2, 1, 1, 1, 0, 0, 1, 0, 0, 0}, events.frames(3, 1, 2, FrameSplit.TIME));
    assertThrows(IllegalArgumentException.class, () -> events.frames(3, 1, 1, FrameSplit.COUNT));
  }

  @Test
  void fewEventsManyFramesAndFullPixels() {
    Events events = new Events();
    assertArrayEquals(new byte[8], events.frames(4, 1, 1, FrameSplit.TIME));
    for (int i = 0; i < 300; i++) {
      events.add(0, 0, true, 5);
    }
    byte[] counts = events.frames(2, 1, 1, FrameSplit.TIME);
    assertEquals("[0, -1, 0, 0]", Arrays.toString(counts));
    assertEquals(0, events.between(6, 9).size());
    assertEquals(300, events.between(5, 6).size());
  }
}
