package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static sakd.testing.TestFiles.assertRefused;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.data.set.MemoryDataset;
import sakd.testing.TinyBoxes;
import sakd.testing.TinyMasks;

/** A validation part cut from a training set: its samples, and what they are in it. */
class SplitTest {
  private static final Dataset TEST = classes(1, 1, 1);

  /** Sample i has the one pixel i; the classes follow each other by turns as long as they last. */
  private static Dataset classes(int... counts) {
    List<Integer> labels = new ArrayList<>();
    for (int round = 0; labels.size() < IntStream.of(counts).sum(); round++) {
      for (int k = 0; k < counts.length; k++) {
        if (round < counts[k]) {
          labels.add(k);
        }
      }
    }
    byte[] pixels = new byte[labels.size()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) i;
    }
    return new MemoryDataset(
        new DatasetInfo(
            "letters",
            IntStream.range(0, counts.length).mapToObj(k -> "" + (char) ('a' + k)).toList(),
            new float[1],
            new float[] {1},
            true),
        1,
        1,
        pixels,
        labels.stream().mapToInt(k -> k).toArray());
  }

  /** The numbers that samples have in the set that {@link #classes} makes. */
  private static List<Integer> numbers(Dataset part) {
    return IntStream.range(0, part.size()).map(i -> part.pixels(i).get(0) & 0xff).boxed().toList();
  }

  private static long count(Dataset part, int label) {
    return IntStream.range(0, part.size()).filter(i -> part.label(i) == label).count();
  }

  @ParameterizedTest
  @CsvSource({"0.1, 10, 2, 1", "0.25, 25, 5, 1", "0.5, 50, 11, 2"})
  void everyClassKeepsItsShare(double share, int ofFirst, int ofSecond, int ofThird) {
    Dataset set = classes(100, 21, 3);
    Split split = Split.of(set, TEST, share, 7);
    assertEquals(ofFirst, count(split.validation(), 0));
    assertEquals(ofSecond, count(split.validation(), 1));
    assertEquals(ofThird, count(split.validation(), 2));
    Set<Integer> all = new TreeSet<>(numbers(split.train()));
    all.addAll(numbers(split.validation()));
    assertEquals(124, all.size(), "no sample is lost");
    assertEquals(124, split.train().size() + split.validation().size(), "or in both parts");
    for (Dataset part : List.of(split.train(), split.validation())) {
      List<Integer> numbers = numbers(part);
      assertEquals(numbers.stream().sorted().toList(), numbers, "in the set's order");
      for (int i = 0; i < part.size(); i++) {
        assertEquals(set.label(numbers.get(i)), part.label(i));
        assertEquals("" + numbers.get(i), part.sampleName(i));
        Targets.Classes target = (Targets.Classes) part.targets(i, null, null);
        assertArrayEquals(new int[] {part.label(i)}, target.labels());
      }
    }
    assertSame(TEST, split.test());
    assertSame(split.validation(), split.chooser());
    assertEquals(HeldOut.VALIDATION, split.heldOut());
  }

  @Test
  void theSeedAloneDecides() {
    Dataset set = classes(40, 40);
    List<Integer> first = numbers(Split.of(set, TEST, 0.1, 1).validation());
    assertEquals(first, numbers(Split.of(classes(40, 40), TEST, 0.1, 1).validation()));
    assertNotEquals(first, numbers(Split.of(set, TEST, 0.1, 2).validation()));
    // Drawn from all of a class: over seeds every sample is held out at some time.
    Set<Integer> drawn = new TreeSet<>();
    for (int seed = 0; seed < 100; seed++) {
      drawn.addAll(numbers(Split.of(set, TEST, 0.1, seed).validation()));
    }
    assertEquals(80, drawn.size());
  }

  @Test
  void withoutAShareNothingIsCut() {
    Dataset set = classes(2, 1);
    Split split = Split.of(set, TEST, 0, 1);
    assertSame(set, split.train());
    assertNull(split.validation());
    assertSame(TEST, split.chooser());
    assertEquals(HeldOut.TEST, split.heldOut());
  }

  @Test
  void masksAndBoxesAreCutAsTheyCome() {
    Dataset masks = new TinyMasks(12);
    Split split = Split.of(masks, masks, 0.25, 3);
    assertEquals(3, split.validation().size());
    assertEquals(9, split.train().size());
    assertEquals(Targets.Kind.MASKS, split.validation().targetKind());
    Dataset boxes = new TinyBoxes();
    Split ofBoxes = Split.of(boxes, boxes, 0.5, 3);
    assertEquals(TinyBoxes.PICTURES / 2, ofBoxes.validation().size());
    // Pictures keep what is to be found in them.
    Dataset part = ofBoxes.validation();
    List<String> whole = new ArrayList<>();
    for (int i = 0; i < boxes.size(); i++) {
      whole.add(seen(boxes, i));
    }
    for (int i = 0; i < part.size(); i++) {
      assertTrue(whole.remove(seen(part, i)), "picture " + i);
    }
  }

  private static String seen(Dataset set, int index) {
    SampleShape shape = set.shape(index);
    Placement place = set.read(index, null, shape, ByteBuffer.allocate(shape.bytes()));
    Targets.Boxes boxes = (Targets.Boxes) set.targets(index, place, shape);
    return Arrays.hashCode(set.pixels(index).array()) + " " + boxes.samples();
  }

  @Test
  void theFingerprintKnowsSetAndCut() {
    Dataset set = classes(20, 20);
    Split one = Split.of(set, TEST, 0.1, 1);
    assertEquals(
        one.validation().fingerprint(), Split.of(set, TEST, 0.1, 1).validation().fingerprint());
    Set<String> all = new TreeSet<>();
    all.add(set.fingerprint());
    all.add(one.train().fingerprint());
    all.add(one.validation().fingerprint());
    all.add(Split.of(set, TEST, 0.1, 2).train().fingerprint());
    all.add(Split.of(classes(20, 21), TEST, 0.1, 1).train().fingerprint());
    assertEquals(5, all.size());
  }

  /** What is derived from a part is that part of what is derived from the set. */
  @Test
  void otherFormsAreCutAlike() {
    Dataset part = Split.of(classes(20, 20), TEST, 0.1, 1).validation();
    Dataset other = part.normalised(new float[] {0.5f}, new float[] {2});
    assertEquals(numbers(part), numbers(other));
    assertArrayEquals(new float[] {0.5f}, other.info().mean());
    assertSame(part, part.inSteps(3), "images are what they are");
    assertEquals(List.of(0, 1, 2), numbers(Subset.first(classes(20, 20), 3)));
    Dataset small = classes(1, 1);
    assertSame(small, Subset.first(small, 2));
  }

  @Test
  void aClassOfOneSampleIsRefused() {
    assertRefused(
        () -> Split.of(classes(9, 1), TEST, 0.5, 1),
        "--val-share",
        "class b of letters has 1; expected two or more");
    assertRefused(() -> Split.of(new TinyMasks(1), TEST, 0.5, 1), "has 1; expected two or more");
    assertEquals(4, Split.of(classes(9, 0), TEST, 0.45, 1).validation().size(), "none is no class");
  }
}
