package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.io.Mutants;
import sakd.testing.TestFiles;

class IdxReaderTest {
  private static final int MUTANTS = 1000;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"images", "images.gz"})
  void readsPlainAndGzipped(String name) throws IOException {
    IdxReader.Images images =
        IdxReader.readImages(TestFiles.idxImages(folder.resolve(name), 5, 3, 4));
    assertEquals(5, images.count());
    assertEquals(3, images.height());
    assertEquals(4, images.width());
    assertEquals(60, images.pixels().length);
    assertEquals(59, images.pixels()[59]);
    Path labels = TestFiles.idxLabels(folder.resolve(name), 5);
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, IdxReader.readLabels(labels, 5, 10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"images", "images.gz"})
  void refusesDamagedImages(String name) throws IOException {
    Path file = folder.resolve(name);
    byte[] good = Files.readAllBytes(TestFiles.idxImages(file, 5, 3, 4));
    for (int length : new int[] {0, 1, 3, 15, good.length - 1}) {
      Files.write(file, Arrays.copyOf(good, length));
      assertRefused(() -> IdxReader.readImages(file), file.toString(), "expected");
    }
    TestFiles.idx(file, new byte[61], 2051, 5, 3, 4);
    assertRefused(() -> IdxReader.readImages(file), file.toString(), "continues after");
    TestFiles.idx(file, new byte[60], 2049, 5, 3, 4);
    assertRefused(() -> IdxReader.readImages(file), file.toString(), "2049", "2051");
    for (int[] sizes : new int[][] {{0, 3, 4}, {-5, 3, 4}, {5, 0, 4}, {5, 3, -1}, {5, 5000, 4}}) {
      TestFiles.idx(file, new byte[60], 2051, sizes[0], sizes[1], sizes[2]);
      assertRefused(() -> IdxReader.readImages(file), file.toString(), "claims");
    }
    // A header that promises terabytes must not make us allocate them.
    TestFiles.idx(file, new byte[60], 2051, Integer.MAX_VALUE, 4096, 4096);
    assertRefused(
        () -> IdxReader.readImages(file), file.toString(), "claims 36028797002186752 elements");
    TestFiles.idx(file, new byte[60], 2051, 127, 4096, 4096); // Less than an array may have.
    assertRefused(() -> IdxReader.readImages(file), file.toString(), "claims 2130706432 elements");
    TestFiles.idx(file, new byte[60], 2051, 61, 1, 1);
    assertRefused(() -> IdxReader.readImages(file), file.toString(), "60 elements");
  }

  @Test
  void refusesWrongLabels() throws IOException {
    Path file = TestFiles.idxLabels(folder.resolve("labels"), 6);
    assertRefused(() -> IdxReader.readLabels(file, 5, 10), file.toString(), "6 labels", "5");
    assertRefused(() -> IdxReader.readLabels(file, 6, 4), file.toString(), "label 4 is 4");
    TestFiles.idx(file, new byte[5], 2049, 6);
    assertRefused(() -> IdxReader.readLabels(file, 6, 10), file.toString(), "5 elements");
    TestFiles.idx(file, new byte[7], 2049, 6);
    assertRefused(() -> IdxReader.readLabels(file, 6, 10), file.toString(), "continues after");
    TestFiles.idx(file, new byte[6], 2051, 6);
    assertRefused(() -> IdxReader.readLabels(file, 6, 10), file.toString(), "2051");
    assertRefused(() -> IdxReader.readImages(folder.resolve("none")), "none", "no such file");
    assertRefused(() -> IdxReader.readImages(folder), folder.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"images", "images.gz"})
  void survivesDamage(String name) throws IOException {
    Path file = TestFiles.idxImages(folder.resolve(name), 5, 3, 4);
    Mutants.check(
        file,
        20,
        MUTANTS,
        () -> {
          IdxReader.Images i = IdxReader.readImages(file);
          assertEquals(i.pixels().length, i.count() * i.height() * i.width());
        });
    Path labels = TestFiles.idxLabels(folder.resolve(name), 30);
    Mutants.check(labels, 20, MUTANTS, () -> IdxReader.readLabels(labels, 30, 10));
  }
}
