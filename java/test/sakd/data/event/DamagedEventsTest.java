package sakd.data.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;
import sakd.io.Mutants;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.Sinks;

/** Recordings that cannot be what their names say: each is refused in a sentence. */
class DamagedEventsTest {
  @TempDir Path folder;

  private final Events events = EventFiles.random(1, 120, 30, 30);

  @ParameterizedTest
  @CsvSource({
    "web.npz, <!DOCTYPE html><html>, a web page",
    "web.bin, \\n<html><a/>, a web page",
    "lfs.mat, version https://git-lfs.github.com/spec/v1, a Git LFS pointer",
    "no.dat, '', empty",
    "text.npz, hello, not a zip archive",
    "text.mat, hello, not start as one of MATLAB's",
    "text.npy, hello hello hello, not start as one of NumPy's",
    "text.aedat, hello, first line",
    "text.txt, hello, .aedat4",
    "hdf5.mat, MATLAB 7.3 MAT-file, HDF5",
    "head.dat, % Version 2\\n, past its end",
    "head.aedat, #!AER-DAT2.0\\n, 0 bytes of events"
  })
  void otherFilesAreNamedForWhatTheyAre(String name, String text, String found) throws IOException {
    assertRefused(Files.writeString(folder.resolve(name), text.replace("\\n", "\n")), found);
  }

  @Test
  void noFlippedBitOfAnAedat4LosesEvents() throws IOException {
    Path file = EventFiles.aedat4(folder.resolve("a.aedat4"), events, 0);
    byte[] valid = Files.readAllBytes(file);
    String text = new String(valid, StandardCharsets.ISO_8859_1);
    int from = text.indexOf("<dv");
    int refused = 0;
    for (int bit = 8 * from; bit < 8 * (text.indexOf("</dv>") + 5); bit++) {
      byte[] flipped = valid.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        assertEquals(events.size(), EventReader.read(file, flipped).size(), "bit " + bit);
      } catch (UserError e) {
        assertTrue(e.getMessage().contains("a.aedat4"), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 1000, "only " + refused + " were refused");
  }

  @Test
  void partsUnderAChecksumAreDamaged() throws IOException {
    Path file = folder.resolve("a.npz");
    Map<String, byte[]> entries = new LinkedHashMap<>(EventArrays.vectors(events));
    Mutants.check(
        file,
        entries.get("t.npy"),
        80,
        500,
        mutant -> {
          entries.put("t.npy", mutant);
          EventArrays.zip(file, entries);
        },
        () -> EventReader.read(file));
  }

  @ParameterizedTest
  @CsvSource({
    "-9223372036854775808, 9223372036854775807",
    "0, 4611686018427387904",
    "-9223372036854775800, 100"
  })
  void timesFurtherApartThanAnyRecording(long first, long last) throws IOException {
    Events far = new Events();
    far.add(1, 1, true, first);
    far.add(1, 1, true, last);
    assertRefused(EventArrays.npz(folder.resolve("far.npz"), far), "times run from " + first);
    assertRefused(EventFiles.aedat4(folder.resolve("far.aedat4"), far, 0), "less than a year");
  }

  @ParameterizedTest
  @CsvSource({
    "t.npy, nan, 'time of event 7 is NaN'",
    "t.npy, inf, 'time of event 7 is Infinity'",
    "t.npy, 1e300, time of event 7",
    "x.npy, -1, 'event 7 lies at column -1, row'",
    "y.npy, nan, row NaN",
    "x.npy, 40000, column 40000",
    "p.npy, 5, 'polarity of event 7 is 5'",
    "p.npy, nan, polarity of event 7"
  })
  void numbersThatAreNoEvent(String entry, String number, String found) throws IOException {
    Map<String, byte[]> entries = EventArrays.vectors(events);
    double value = Double.parseDouble(number.replace("nan", "NaN").replace("inf", "Infinity"));
    int n = events.size();
    byte[] numbers = EventArrays.doubles(n, i -> i == 7 ? value : 1);
    entries.put(entry, EventArrays.npy("'<f8'", "(" + n + ",)", numbers));
    assertRefused(EventArrays.zip(folder.resolve("a.npz"), entries), found);
  }

  @Test
  void vectorsOfTwoLengthsAndEntriesOfOneName() throws IOException {
    Map<String, byte[]> entries = EventArrays.vectors(events);
    entries.put("x.npy", EventArrays.npy("'|u1'", "(2,)", new byte[2]));
    assertRefused(EventArrays.zip(folder.resolve("a.npz"), entries), "[2, 120, 120, 120]");
    entries.remove("x.npy");
    assertRefused(EventArrays.zip(folder.resolve("b.npz"), entries), "t.npy='<i8'", "fields x, y");
    byte[] twice = Files.readAllBytes(EventArrays.npz(folder.resolve("c.npz"), events));
    String renamed = new String(twice, StandardCharsets.ISO_8859_1).replace("y.npy", "x.npy");
    Path c = Files.write(folder.resolve("c.npz"), renamed.getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(c, "two entries x.npy");
    byte[] text = EventArrays.npy("'<U2'", "(3, 4)", new byte[96]);
    assertRefused(Files.write(folder.resolve("d.npy"), text), "<U2", "four columns");
    byte[] still = EventArrays.npy("'<i2'", "(3, 4)", new byte[24]);
    assertRefused(Files.write(folder.resolve("e.npy"), still), "cannot be told");
  }

  @Test
  void whatUnpacksToFarMoreIsStopped() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    int n = 40 << 20;
    for (String name : new String[] {"t.npy", "x.npy"}) {
      entries.put(name, EventArrays.npy("'|u1'", "(" + n + ",)", new byte[n]));
    }
    assertRefused(EventArrays.zip(folder.resolve("bomb.npz"), entries), "64 MiB");
  }

  @Test
  void cellsWithinCellsArePassedOver() throws IOException {
    Array nested = Mat5.newScalar(1);
    for (int level = 0; level < 1000; level++) {
      nested = Mat5.newCell(1, 1).set(0, nested);
    }
    Path file = folder.resolve("deep.mat");
    try (var sink = Sinks.newStreamingFile(file.toFile())) {
      Mat5.newMatFile().addArray("x", nested).writeTo(sink);
    }
    assertRefused(file, "no matrix of numbers");
  }

  @Test
  void recordingsWithoutEventsAndOfOtherCameras() throws IOException {
    Events none = new Events();
    assertRefused(EventArrays.npz(folder.resolve("a.npz"), none), "holds no event");
    assertRefused(EventFiles.aedat3(folder.resolve("a.aedat"), none), "holds no event");
    assertRefused(EventFiles.aedat4(folder.resolve("a.aedat4"), none, 1), "holds no event");
    byte[] aedat = Files.readAllBytes(EventFiles.aedat2(folder.resolve("b.aedat"), events));
    byte[] davis = Arrays.copyOf(aedat, aedat.length);
    davis[aedat.length - 8] = (byte) 0x80;
    assertRefused(Files.write(folder.resolve("b.aedat"), davis), "event 119", "DVS128");
  }

  private static void assertRefused(Path file, String... parts) {
    UserError e = assertThrows(UserError.class, () -> EventReader.read(file));
    assertTrue(e.getMessage().contains(file.getFileName().toString()), e.getMessage());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }
}
