package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.EditDistance;
import sakd.data.Dataset;
import sakd.testing.TestFiles;

class DatasetsTest {
  @TempDir Path folder;

  /** Whoever has no files yet is told how to get them, of every set that needs some. */
  @Test
  void setsWithoutAFolderSayWhereTheirFilesAre() {
    for (String name : Datasets.names()) {
      if (List.of("fashion-mnist-small", "fashion-mnist", "shapes", "box-shapes").contains(name)) {
        continue;
      }
      boolean own = name.endsWith("-folder");
      boolean fetched = Download.names().contains(name);
      assertRefused(
          () -> Datasets.open(name, null, true),
          name + " is not bundled",
          own
              ? "a folder of your own"
              : fetched
                  ? "sakd data download " + name + " --data-path data"
                  : ", unpack what you got");
    }
    assertTrue(Download.names().contains("cifar10"));
  }

  @Test
  void bundledSetIsBalancedAndShuffled() {
    for (boolean train : new boolean[] {true, false}) {
      Dataset set = Datasets.open(null, null, train);
      assertEquals("fashion-mnist-small", set.name());
      assertEquals(train ? 6000 : 1000, set.size());
      assertEquals(784, set.shape().bytes());
      assertEquals(10, set.classes());
      int[] counts = new int[10];
      int changes = 0;
      for (int i = 0; i < set.size(); i++) {
        counts[set.label(i)]++;
        changes += i > 0 && set.label(i) != set.label(i - 1) ? 1 : 0;
      }
      int[] balanced = new int[10];
      Arrays.fill(balanced, set.size() / 10);
      assertArrayEquals(balanced, counts);
      assertTrue(changes > 0.8 * set.size(), "sorted by class");
    }
  }

  @Test
  void bundledSetHasThePublishedStatistics() {
    Dataset set = Datasets.open("fashion-mnist-small", null, true);
    ByteBuffer images = ByteBuffer.allocate(set.size() * set.shape().bytes());
    for (int i = 0; i < set.size(); i++) {
      set.read(i, null, set.shape(), images);
    }
    double sum = 0;
    double squares = 0;
    for (byte b : images.array()) {
      double v = (b & 0xff) / 255.0;
      sum += v;
      squares += v * v;
    }
    double mean = sum / images.capacity();
    assertEquals(set.info().mean()[0], mean, 0.005);
    assertEquals(set.info().std()[0], Math.sqrt(squares / images.capacity() - mean * mean), 0.005);
  }

  @Test
  void fullFashionMnistFromDebian() {
    assumeTrue(Files.isDirectory(Path.of("/usr/share/datasets/fashion-mnist")));
    Dataset test = Datasets.open("fashion-mnist", null, false);
    assertEquals(10_000, test.size());
    assertEquals("Ankle boot", test.classNames().get(test.label(0)));
  }

  @Test
  void unknownNamesGetASuggestion() {
    assertRefused(() -> Datasets.open("cifar-10", null, true), "cifar-10", "cifar10?", "mnist");
    assertRefused(() -> Datasets.open("Fashion_mnist", null, true), "mean fashion-mnist?");
    assertEquals(3, EditDistance.between("kitten", "sitting"));
  }

  @Test
  void foldersThatAreNeededOrNot() {
    assertRefused(() -> Datasets.open("mnist", null, true), "mnist", "--data-path");
    assertRefused(() -> Datasets.open("cifar10", null, true), "cifar10", "--data-path");
    assertRefused(() -> Datasets.open("fashion-mnist-small", folder, true), "--data-path");
    Path none = folder.resolve("none");
    assertRefused(() -> Datasets.open(null, none, true), none.toString());
  }

  @Test
  void missingFilesAreNamed() {
    String f = folder.toString();
    assertRefused(() -> Datasets.open("mnist", folder, true), f, "train-images-idx3-ubyte");
    assertRefused(() -> Datasets.open("cifar10", folder, false), f, "test_batch.bin");
    assertRefused(() -> Datasets.open("cifar100", folder, true), f, "train.bin");
    assertRefused(() -> Datasets.open(null, folder, true), f, "train.bin", "test_batch.bin");
  }

  @Test
  void detectsTheKindOfAFolder() throws IOException {
    Path ten = folder.resolve("a");
    TestFiles.cifar(ten.resolve("cifar-10-batches-bin/test_batch.bin"), 1, 0, 1);
    assertEquals("cifar10", Datasets.open(null, ten, false).name());
    Path hundred = folder.resolve("b");
    TestFiles.cifar(hundred.resolve("test.bin"), 2, 0, 1);
    assertEquals("cifar100", Datasets.open(null, hundred, false).name());

    Path digits = mnist(folder.resolve("MNIST/raw"));
    Dataset set = Datasets.open(null, digits, false);
    assertEquals("mnist", set.name());
    assertFalse(set.info().horizontalFlip());
    assertEquals("mnist", Datasets.open("mnist", folder, false).name());
    assertEquals(
        "fashion-mnist", Datasets.open(null, mnist(folder.resolve("fashion")), false).name());
    Path unclear = mnist(folder.resolve("idx"));
    assertRefused(() -> Datasets.open(null, unclear, false), unclear.toString(), "--dataset");
    assertEquals("fashion-mnist", Datasets.open("fashion-mnist", unclear, false).name());
  }

  private static Path mnist(Path in) throws IOException {
    TestFiles.idxImages(in.resolve("t10k-images-idx3-ubyte"), 3, 28, 28);
    TestFiles.idxLabels(in.resolve("t10k-labels-idx1-ubyte.gz"), 3);
    return in;
  }

  @Test
  void whatIsNoFolderIsSaid() throws IOException {
    Path file = Files.createFile(folder.resolve("pictures.zip"));
    assertRefused(() -> Datasets.open(null, file, true), file + " is a file", "unpack it");
    Path none = folder.resolve("nothing");
    assertRefused(() -> Datasets.open(null, none, true), "no folder or archive " + none);
  }
}
