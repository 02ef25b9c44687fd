package sakd.data.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.io.Mutants;

class EventReaderTest {
  @TempDir Path folder;

  @FunctionalInterface
  interface Writer {
    Path write(Path file, Events events) throws IOException;
  }

  /**
   * @param side of the sensor that fits the format
   * @param header bytes in which damage is sought, if there is a header
   * @param mutants damaged files to try; 1,000 for each reader
   */
  record Format(String name, int side, int header, int mutants, Writer writer) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Format> formats() {
    return Stream.of(
        new Format("a.bin", 34, 200, 900, EventFiles::nmnist),
        new Format("a.bs2", 34, 200, 100, EventFiles::nmnist),
        new Format("a.dat", 100, 60, 1000, EventFiles::prophesee),
        new Format("a2.aedat", 128, 60, 1000, EventFiles::aedat2),
        new Format("a3.aedat", 128, 120, 1000, EventFiles::aedat3),
        new Format("plain.aedat4", 300, 600, 600, (f, e) -> EventFiles.aedat4(f, e, 0)),
        new Format("lz4.aedat4", 300, 600, 200, (f, e) -> EventFiles.aedat4(f, e, 1)),
        new Format("zstd.aedat4", 300, 600, 200, (f, e) -> EventFiles.aedat4(f, e, 3)),
        new Format("touch.mat", 10, 250, 100, EventArrays::touches),
        new Format("dat2mat.mat", 128, 250, 100, EventArrays::dat2mat),
        new Format("struct.mat", 300, 500, 800, EventArrays::struct),
        new Format("vectors.npz", 128, 300, 300, EventArrays::npz),
        new Format("big.npz", 200, 300, 100, EventArrays::bigEndian),
        new Format("records.npz", 200, 300, 100, EventArrays::records),
        new Format("table.npy", 200, 120, 500, EventArrays::table));
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
  void timesThatRunBackwardsAreSorted() throws IOException {
    Events events = new Events();
    for (int i = 0; i < 100; i++) {
      events.add(i, 0, true, 1000 - 10 * (i / 2));
    }
    Events read = EventReader.read(EventArrays.npz(folder.resolve("a.npz"), events));
    for (int i = 0; i < 100; i++) {
      // Those of one time stay in the order of the file.
      assertEquals(98 - 2 * (i / 2) + i % 2, read.x(i), "event " + i);
      assertEquals(510 + 10 * (i / 2), read.time(i), "event " + i);
    }
  }

  @Test
  void countersStartAgain() throws IOException {
    for (Format format : formats().filter(f -> f.name.matches("a2.aedat|a.dat|a.bin")).toList()) {
      long period = format.name.equals("a.bin") ? 1L << 23 : 1L << 32;
      Events events = new Events();
      for (int i = 0; i < 10; i++) {
        events.add(i, i, true, (period - 50 + 10 * i) % period);
      }
      Events read = EventReader.read(format.writer.write(folder.resolve(format.name), events));
      for (int i = 0; i < 10; i++) {
        assertEquals(i, read.x(i), format.name);
        assertEquals(period - 50 + 10 * i, read.time(i), format.name);
      }
    }
  }

  @Test
  void stepsOfTheClockAreNoEvents() throws IOException {
    Events events = new Events();
    events.add(1, 2, true, 8000);
    events.add(305 & 0xff, 240, false, 0);
    events.add(3, 4, false, 10);
    Events read = EventReader.read(EventFiles.nmnist(folder.resolve("a.bin"), events));
    assertEquals(2, read.size());
    assertEquals(8202, read.time(1));
    assertEquals(4, read.y(1));
  }

  @ParameterizedTest
  @CsvSource({"1e-6, 1", "1, 1", "0.5, 500000", "1e6, 1000000"})
  void floatingPointTimes(double unit, long microseconds) throws IOException {
    Events events = EventFiles.random(1, 50, 30, 30);
    Map<String, byte[]> entries = EventArrays.vectors(events);
    byte[] times = EventArrays.doubles(50, i -> unit * (events.time(i) | 1));
    entries.remove("t.npy");
    entries.put("Timestamp.npy", EventArrays.npy("'<f8'", "(50,)", times));
    Events read = EventReader.read(EventArrays.zip(folder.resolve("a.npz"), entries));
    for (int i = 0; i < 50; i++) {
      assertEquals(microseconds * (events.time(i) | 1), read.time(i));
    }
  }

  @Test
  void matricesInFortranOrderAndOfFourRows() throws IOException {
    Events events = EventFiles.random(1, 50, 30, 30);
    byte[] rows =
        EventArrays.numbers(
            200,
            8,
            i ->
                switch (i / 50) {
                  case 0 -> events.time(i % 50);
                  case 1 -> events.x(i % 50);
                  case 2 -> events.y(i % 50);
                  default -> events.on(i % 50) ? 1 : -1;
                });
    byte[] fourRows = EventArrays.npy("'<i8'", "(4, 50)", rows);
    String text = new String(EventArrays.npy("'<i8'", "(50, 4)", rows), ISO_8859_1);
    byte[] fortran = text.replace("False", "True ").getBytes(ISO_8859_1);
    for (byte[] content : List.of(fourRows, fortran)) {
      Events read = EventReader.read(Files.write(folder.resolve("a.npy"), content));
      for (int i = 0; i < 50; i++) {
        assertEquals(events.x(i), read.x(i));
        assertEquals(events.y(i), read.y(i));
        assertEquals(events.on(i), read.on(i));
        assertEquals(events.time(i), read.time(i));
      }
    }
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
