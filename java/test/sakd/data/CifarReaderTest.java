package sakd.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static sakd.data.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.Mutants;

class CifarReaderTest {
  @TempDir Path folder;

  @Test
  void readsCifar10InTheOrderOfItsFiles() throws IOException {
    for (int i = 1; i <= 5; i++) {
      TestFiles.cifar(folder.resolve("data_batch_" + i + ".bin"), 1, i, 3);
    }
    TestFiles.cifar(folder.resolve("test_batch.bin"), 1, 0, 2);
    Dataset train = CifarReader.readCifar10(folder, true);
    assertEquals(15, train.size());
    assertEquals(3, train.channels());
    assertEquals(32, train.height());
    assertEquals(10, train.classes());
    assertEquals("truck", train.classNames().get(9));
    for (int i = 0; i < 15; i++) {
      assertEquals(1 + i / 3 + i % 3, train.label(i));
    }
    assertEquals(pixels(4), image(train, 9));
    assertEquals(2, CifarReader.readCifar10(folder, false).size());
  }

  @Test
  void readsFineLabelsOfCifar100AndClassNames() throws IOException {
    Path inner = folder.resolve("cifar-100-binary");
    TestFiles.cifar(inner.resolve("train.bin"), 2, 96, 4);
    String names = IntStream.range(0, 100).mapToObj(i -> "c" + i).collect(Collectors.joining("\n"));
    Files.writeString(inner.resolve("fine_label_names.txt"), names + "\n\n");
    Dataset train = CifarReader.readCifar100(folder, true);
    assertEquals(4, train.size());
    assertEquals(99, train.label(3));
    assertEquals("c99", train.classNames().get(99));
    assertEquals(pixels(96), image(train, 0));
    assertRefused(() -> CifarReader.readCifar100(folder, false), "test.bin", inner.toString());
  }

  @Test
  void refusesIncompleteSetsAndDamagedFiles() throws IOException {
    Path file = TestFiles.cifar(folder.resolve("test_batch.bin"), 1, 0, 3);
    assertRefused(() -> CifarReader.readCifar10(folder, true), "data_batch_1.bin", "data_batch_5");
    byte[] good = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, good.length - 1}) {
      Files.write(file, Arrays.copyOf(good, length));
      assertRefused(() -> CifarReader.readCifar10(folder, false), file.toString(), "3073");
    }
    TestFiles.cifar(file, 1, 8, 3);
    assertRefused(() -> CifarReader.readCifar10(folder, false), file.toString(), "image 2 is 10");
    TestFiles.cifar(file, 1, 0, 3);
    Path names = Files.writeString(folder.resolve("batches.meta.txt"), "cat\ndog\n");
    assertRefused(() -> CifarReader.readCifar10(folder, false), names.toString(), "2 lines");
    Files.write(names, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertRefused(() -> CifarReader.readCifar10(folder, false), names.toString(), "UTF-8");
  }

  @Test
  void survivesDamage() throws IOException {
    Path file = TestFiles.cifar(folder.resolve("test_batch.bin"), 1, 7, 2);
    Mutants.check(file, 2, () -> CifarReader.readCifar10(folder, false));
  }

  private static ByteBuffer pixels(int seed) {
    byte[] pixels = new byte[3072];
    new Random(seed).nextBytes(pixels);
    return ByteBuffer.wrap(pixels);
  }

  private static ByteBuffer image(Dataset dataset, int index) {
    ByteBuffer out = ByteBuffer.allocate(dataset.shape().bytes());
    dataset.read(index, null, out);
    return out.flip();
  }
}
