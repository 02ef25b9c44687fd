package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.data.Dataset;
import sakd.data.event.FrameSplit;
import sakd.io.Mutants;
import sakd.testing.TestFiles;

class CifarReaderTest {
  @TempDir Path folder;

  @Test
  void readsCifar10InTheOrderOfItsFiles() throws IOException {
    for (int i = 1; i <= 5; i++) {
      TestFiles.cifar(folder.resolve("data_batch_" + i + ".bin"), 1, i, 3);
    }
    TestFiles.cifar(folder.resolve("test_batch.bin"), 1, 0, 2);
    Dataset train = CifarReader.readCifar10(folder, true, note -> {});
    assertEquals(15, train.size());
    assertEquals(3, train.channels());
    assertEquals(32, train.height());
    assertEquals(10, train.classes());
    assertEquals("truck", train.classNames().get(9));
    for (int i = 0; i < 15; i++) {
      assertEquals(1 + i / 3 + i % 3, train.label(i));
    }
    assertEquals(pixels(4), image(train, 9));
    assertEquals(2, CifarReader.readCifar10(folder, false, note -> {}).size());
  }

  @Test
  void readsFineLabelsOfCifar100AndClassNames() throws IOException {
    Path inner = folder.resolve("cifar-100-binary");
    TestFiles.cifar(inner.resolve("train.bin"), 2, 96, 4);
    String names = IntStream.range(0, 100).mapToObj(i -> "c" + i).collect(Collectors.joining("\n"));
    Files.writeString(inner.resolve("fine_label_names.txt"), names + "\n\n");
    Dataset train = CifarReader.readCifar100(folder, true, note -> {});
    assertEquals(4, train.size());
    assertEquals(99, train.label(3));
    assertEquals("c99", train.classNames().get(99));
    assertEquals(pixels(96), image(train, 0));
    assertRefused(
        () -> CifarReader.readCifar100(folder, false, note -> {}), "test.bin", inner.toString());
  }

  @Test
  void refusesIncompleteSetsAndDamagedFiles() throws IOException {
    Path file = TestFiles.cifar(folder.resolve("test_batch.bin"), 1, 0, 3);
    assertRefused(
        () -> CifarReader.readCifar10(folder, true, note -> {}),
        "data_batch_1.bin",
        "data_batch_5");
    byte[] good = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, good.length - 1}) {
      Files.write(file, Arrays.copyOf(good, length));
      assertRefused(
          () -> CifarReader.readCifar10(folder, false, note -> {}), file.toString(), "3073");
    }
    TestFiles.cifar(file, 1, 8, 3);
    assertRefused(
        () -> CifarReader.readCifar10(folder, false, note -> {}), file.toString(), "image 2 is 10");
    TestFiles.cifar(file, 1, 0, 3);
    Path names = Files.writeString(folder.resolve("batches.meta.txt"), "cat\ndog\n");
    assertRefused(
        () -> CifarReader.readCifar10(folder, false, note -> {}), names.toString(), "2 lines");
    Files.write(names, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertRefused(
        () -> CifarReader.readCifar10(folder, false, note -> {}), names.toString(), "UTF-8");
  }

  @Test
  void readsPythonBatches() throws IOException {
    Path inner = Files.createDirectory(folder.resolve("cifar-10-batches-py"));
    Files.write(inner.resolve("test_batch"), TestFiles.pickle("labels", 4, 3));
    List<String> notes = new ArrayList<>();
    Dataset test = CifarReader.readCifar10(folder, false, notes::add);
    assertEquals(3, test.size());
    assertEquals(6, test.label(2));
    assertEquals(pixels(4), image(test, 0));
    assertEquals(1, notes.size());
    assertTrue(notes.get(0).contains("40351d587109b95175f43aff81a1287e"), notes.get(0));
    Path hundred = Files.createDirectory(folder.resolve("cifar-100-python"));
    Files.write(hundred.resolve("test"), TestFiles.pickle("fine_labels", 90, 2));
    assertEquals(91, CifarReader.readCifar100(folder, false, notes::add).label(1));
    Files.write(hundred.resolve("test"), TestFiles.pickle("coarse_labels", 9, 2));
    assertRefused(() -> CifarReader.readCifar100(folder, false, notes::add), "fine_labels");
  }

  @Test
  void whatAPickleCouldRunIsRefusedByName() throws IOException {
    Path file = folder.resolve("test_batch");
    Files.writeString(file, "cos\nsystem\n(S'echo hello'\ntR.");
    assertRefused(
        () -> CifarReader.readCifar10(folder, false, note -> {}), file.toString(), "os.system");
    Files.writeString(file, "(dp1\nS'labels'\np2\n(lp3\nI7\nas.");
    assertRefused(() -> CifarReader.readCifar10(folder, false, note -> {}), "no array 'data'");
  }

  @Test
  void readsArchivesAsDownloaded() throws IOException {
    Path binary = TestFiles.cifar(folder.resolve("made/test.bin"), 2, 96, 4);
    byte[] names = "a\n".repeat(100).getBytes(StandardCharsets.UTF_8);
    Path archive =
        TestFiles.tarGz(
            folder.resolve("cifar-100-binary.tar.gz"),
            "cifar-100-binary",
            Map.of("test.bin", Files.readAllBytes(binary), "fine_label_names.txt", names));
    List<String> notes = new ArrayList<>();
    for (Path path : List.of(folder, archive)) {
      Dataset test = Datasets.open(null, path, false, options(notes));
      assertEquals("cifar100", test.name());
      assertEquals(4, test.size());
      assertEquals(pixels(96), image(test, 0));
      assertEquals("a", test.classNames().get(99));
    }
    assertEquals(2, notes.size());
    assertTrue(notes.get(0).contains("03b5dce01913d631647c71ecec9e9cb8"), notes.get(0));
    assertRefused(
        () -> CifarReader.readCifar100(folder, true, note -> {}), archive.toString(), "train.bin");
    TestFiles.tarGz(
        folder.resolve("cifar-10-python.tar.gz"),
        "cifar-10-batches-py",
        Map.of("test_batch", TestFiles.pickle("labels", 4, 3)));
    assertEquals(5, CifarReader.readCifar10(folder, false, note -> {}).label(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"test_batch.bin", "test_batch", "cifar-10-binary.tar.gz"})
  void survivesDamage(String name) throws IOException {
    Path file = TestFiles.cifar(folder.resolve(name), 1, 7, 2);
    int header = 2;
    if (name.equals("test_batch")) {
      Files.write(file, TestFiles.pickle("labels", 7, 2));
      header = 180;
    } else if (name.endsWith(".gz")) {
      byte[] batch = Files.readAllBytes(file);
      TestFiles.tarGz(file, "cifar-10-batches-bin", Map.of("test_batch.bin", batch));
      header = 600;
    }
    Mutants.check(file, header, 1000, () -> CifarReader.readCifar10(folder, false, note -> {}));
  }

  private static ReadOptions options(List<String> notes) {
    return new ReadOptions(FrameSplit.COUNT, 224, notes::add);
  }

  private static ByteBuffer pixels(int seed) {
    byte[] pixels = new byte[3072];
    new Random(seed).nextBytes(pixels);
    return ByteBuffer.wrap(pixels);
  }

  private static ByteBuffer image(Dataset dataset, int index) {
    ByteBuffer out = ByteBuffer.allocate(dataset.shape().bytes());
    dataset.read(index, null, dataset.shape(), out);
    return out.flip();
  }
}
