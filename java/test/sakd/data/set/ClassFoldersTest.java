package sakd.data.set;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassFoldersTest {
  @TempDir Path root;

  private final List<String> notes = new ArrayList<>();

  private void files(String... names) throws IOException {
    for (String name : names) {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[1]);
    }
  }

  private void files(String folder, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      files(folder + "/" + i + ".x");
    }
  }

  private ClassSplit<Path> read(boolean train) {
    notes.clear();
    return ClassFolders.read(root, train, Set.of(".x"), notes::add);
  }

  private void assertNote(String... words) {
    assertEquals(1, notes.size(), notes.toString());
    for (String word : words) {
      assertTrue(notes.get(0).contains(word), notes.get(0));
    }
  }

  private static List<String> names(ClassSplit<Path> part) {
    return part.samples().stream().map(p -> p.getFileName().toString()).toList();
  }

  @Test
  void testLabelsFollowTheNamesOfTraining() throws IOException {
    files("train/a/1.x", "train/b/1.x", "train/c d/1.x", "val/c d/2.x", "val/B/2.x");
    ClassSplit<Path> train = read(true);
    assertEquals(List.of("a", "b", "c d"), train.classNames());
    assertArrayEquals(new int[] {0, 1, 2}, train.labels());
    assertEquals(List.of(), notes);
    ClassSplit<Path> test = read(false);
    assertEquals(train.classNames(), test.classNames());
    assertEquals(1, test.labels()[0], "B is b: the only name that differs in case alone");
    assertEquals(2, test.labels()[1]);
    assertNote("val", "1 of the 3 classes (a)");
  }

  @Test
  void aTestFolderThatTrainingLacksIsNamed() throws IOException {
    files("train/a/1.x", "train/b/1.x", "test/a/2.x", "test/emu/2.x");
    assertRefused(() -> read(false), "test", "train", "(emu)", "(a, b)");
    assertEquals(2, read(true).samples().size());
    // An empty folder is no class of training, nor of the test part where that is empty too.
    Files.createDirectories(root.resolve("train/emu"));
    assertRefused(() -> read(false), "(emu)");
    Files.delete(root.resolve("test/emu/2.x"));
    assertEquals(List.of("a", "b"), read(true).classNames());
    assertNote("without samples", "(emu)");
    assertEquals(List.of("a", "b"), read(false).classNames());
  }

  @Test
  void hiddenNamesAreNoData() throws IOException {
    files("train/a/1.x", "train/a/._1.x", "train/.ipynb_checkpoints/1.x", "train/a/.hid/1.x");
    files("train/__MACOSX/a/1.x", "train/.DS_Store", "val/a/1.x", ".git/train/a/1.x");
    for (boolean train : new boolean[] {true, false}) {
      assertEquals(List.of("a"), read(train).classNames());
      assertEquals(1, read(train).samples().size());
      assertEquals(List.of(), notes);
    }
  }

  @Test
  void whatIsLeftOutIsCounted() throws IOException {
    files("train/a/1.x", "train/a/2.y", "train/b/3.X", "train/b/readme", "train/4.x", "val/a/1.x");
    assertEquals(List.of("1.x", "3.X"), names(read(true)));
    assertEquals(2, notes.size());
    assertTrue(notes.get(0).contains("2 files (without suffix, .y)"), notes.toString());
    assertTrue(notes.get(1).contains("left out 1 file outside of any class folder"));
    read(false);
    assertNote("no samples of 1 of the 2 classes (b)");
  }

  @Test
  void linksAreFollowed() throws IOException {
    files("elsewhere/deep/1.x", "set/train/b/1.x");
    Path train = root.resolve("set/train");
    Files.createSymbolicLink(train.resolve("a"), root.resolve("elsewhere"));
    Files.createSymbolicLink(train.resolve("b/2.x"), root.resolve("elsewhere/deep/1.x"));
    ClassSplit<Path> part =
        ClassFolders.read(root.resolve("set/train"), true, Set.of(".x"), notes::add);
    assertEquals(List.of("a", "b"), part.classNames());
    assertEquals(List.of("1.x", "1.x"), names(part), "of b, the last is held out");
    Path loop = Files.createSymbolicLink(train.resolve("b/up"), root.resolve("set"));
    assertRefused(
        () -> ClassFolders.read(train, true, Set.of(".x"), notes::add), loop.toString(), "link");
    Files.delete(loop);
    Path dead = Files.createSymbolicLink(train.resolve("c"), root.resolve("nowhere"));
    assertRefused(
        () -> ClassFolders.read(train, true, Set.of(".x"), notes::add), dead.toString(), "link");
    Files.delete(dead);
    Path file = Files.createSymbolicLink(train.resolve("b/3.x"), root.resolve("nowhere.x"));
    assertRefused(() -> ClassFolders.read(train, true, Set.of(".x"), notes::add), file.toString());
  }

  @Test
  void aTenthIsHeldOutWhereThereIsNoTestPart() throws IOException {
    for (String parent : List.of("", "train/")) {
      files(parent + "one", 1);
      files(parent + "two", 2);
      files(parent + "ten", 10);
      files(parent + "many", 25);
      ClassSplit<Path> train = read(true);
      assertEquals(List.of("many", "one", "ten", "two"), train.classNames());
      assertArrayEquals(new int[] {23, 1, 9, 1}, counts(train));
      assertEquals(List.of(), notes);
      ClassSplit<Path> test = read(false);
      assertArrayEquals(new int[] {2, 0, 1, 1}, counts(test));
      assertEquals(List.of("23.x", "24.x", "9.x", "1.x"), names(test));
      assertNote("no test part", "val", "tenth");
      for (String folder : List.of("one", "two", "ten", "many")) {
        deleteTree(root.resolve(parent + folder));
      }
    }
  }

  private static int[] counts(ClassSplit<Path> part) {
    int[] counts = new int[part.classNames().size()];
    for (int label : part.labels()) {
      counts[label]++;
    }
    return counts;
  }

  private static void deleteTree(Path folder) throws IOException {
    for (Path file : FolderListing.files(folder)) {
      Files.delete(file);
    }
    Files.delete(folder);
  }

  @Test
  void partsThatAreMissingAreNamed() throws IOException {
    files("a/1.x", "b/1.x");
    assertRefused(() -> read(false), "no class has two samples", "val", "a tenth");
    files("test/a/1.x");
    assertRefused(() -> read(true), "test", "train or training");
    assertEquals(List.of("a"), read(false).classNames());
  }

  @Test
  void partsOneFolderDeeperAreNoClass() throws IOException {
    files("archive/train/a/1.x", "archive/val/a/1.x");
    assertRefused(() -> read(true), "--data-path " + root.resolve("archive"));
    files("other/1.x");
    assertEquals(List.of("archive", "other"), read(true).classNames());
  }

  @Test
  void foldersNamedAsPartsMayBeClasses() throws IOException {
    files("train/1.x", "test/1.x");
    assertRefused(() -> read(true), "train", "test", "one folder for each class");
    files("bus/1.x", "bus/2.x", "bullet-train/1.x", "bullet-train/2.x");
    assertEquals(List.of("bullet-train", "bus", "test", "train"), read(true).classNames());
  }

  @Test
  void namesInAnyScript() throws IOException {
    List<String> names = List.of("a b", "caf\u00e9", "\u732b", "\ud83d\udc15");
    String encoding = System.getProperty("sun.jnu.encoding", "");
    org.junit.jupiter.api.Assumptions.assumeTrue(encoding.startsWith("UTF"), encoding);
    for (String name : names) {
      files("train/" + name + "/1.x");
    }
    files("train/cafe\u0301/2.x", "val/cafe\u0301/1.x", "val/\ud83d\udc15/1.x");
    ClassSplit<Path> train = read(true);
    assertEquals(names, train.classNames());
    assertArrayEquals(new int[] {1, 2, 1, 1}, counts(train), "one name in two forms is one class");
    assertArrayEquals(new int[] {1, 3}, read(false).labels());
  }

  @Test
  void orderIsByNameThenNumber() throws IOException {
    IntStream.of(10, 9, 1).mapToObj(Integer::toString).forEach(this::classOf);
    files("train/9/img10.x", "train/9/img9.x", "train/9/b/img9.x", "val/1/1.x");
    ClassSplit<Path> train = read(true);
    assertEquals(List.of("1", "10", "9"), train.classNames(), "as torchvision has them");
    assertEquals(List.of("1.x", "1.x", "1.x", "img9.x", "img9.x", "img10.x"), names(train));
    assertTrue(train.samples().get(3).toString().contains("b"), "equal names by their folders");
  }

  private void classOf(String name) {
    try {
      files("train/" + name + "/1.x");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
