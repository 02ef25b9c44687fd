package sakd.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import sakd.data.set.MemoryDataset;

class RenumberedDatasetTest {
  /** One sample of each class. */
  private static Dataset set(String... names) {
    int[] labels = IntStream.range(0, names.length).toArray();
    return new MemoryDataset(
        new DatasetInfo("pets", List.of(names), new float[1], new float[] {1}, true),
        1,
        1,
        new byte[names.length],
        labels);
  }

  private static List<Integer> labels(Dataset set, String... names) {
    Dataset seen = RenumberedDataset.of(set, List.of(names));
    assertEquals(List.of(names), seen.classNames());
    assertEquals(names.length, seen.classes());
    return IntStream.range(0, seen.size()).map(seen::label).boxed().toList();
  }

  @Test
  void labelsFollowTheNames() {
    assertEquals(List.of(1, 2, 0), labels(set("a", "b", "c"), "c", "a", "b"));
    assertEquals(List.of(1, 0), labels(set("a", "c"), "c", "a", "b"), "some of the classes");
    Dataset same = set("a", "b");
    assertSame(same, RenumberedDataset.of(same, List.of("a", "b")));
  }

  @Test
  void namesAreTheSameInEveryUnicodeFormAndCase() {
    assertEquals(List.of(1, 0), labels(set("caf\u00e9", "zoo"), "Zoo", "cafe\u0301"));
    // Only one class can be meant by a name of another case.
    assertEquals(List.of(1, 0), labels(set("a", "A"), "A", "a"));
    assertRefused(() -> labels(set("a", "A"), "a", "b"), "(A)");
    assertRefused(() -> labels(set("Ab"), "aB", "ab"), "(Ab)");
  }

  @Test
  void aClassThatIsNotKnownIsNamed() {
    assertRefused(
        () -> labels(set("cat", "dog", "emu"), "cat", "dog"), "pets", "(emu)", "2 (cat, dog)");
    assertRefused(() -> labels(set("a", "b"), "c", "d"), "(a, b)");
  }

  /** Sets without names have numbers instead, which say nothing of names. */
  @Test
  void numbersAreTakenAsTheyAre() {
    assertEquals(List.of(0, 1), labels(set("0", "1"), "cat", "dog"));
    assertEquals(List.of(0, 1), labels(set("cat", "dog"), "0", "1"));
    assertEquals(List.of(0, 2, 1), labels(set("0", "1", "2"), "0", "2", "1"));
    assertRefused(() -> labels(set("0", "1", "2"), "cat", "dog"), "(0, 1, 2)");
    assertRefused(() -> labels(set("cat", "dog"), "0", "1", "2"), "(cat, dog)");
  }

  @Test
  void whetherLabelsWouldMeanOthers() {
    assertFalse(RenumberedDataset.isNeeded(set("a", "b"), List.of("a", "b")));
    assertFalse(RenumberedDataset.isNeeded(set("a", "b"), List.of("0", "1")));
    assertTrue(RenumberedDataset.isNeeded(set("a", "b"), List.of("b", "a")));
    assertTrue(RenumberedDataset.isNeeded(set("a", "b"), List.of("a", "b", "c")));
    assertTrue(RenumberedDataset.isNeeded(set("a", "b"), List.of("c", "d")));
  }
}
