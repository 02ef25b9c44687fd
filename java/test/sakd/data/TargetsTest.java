package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TargetsTest {
  private static ObjectBox box(int label, float left, float top, float right, float bottom) {
    return new ObjectBox(label, left, top, right, bottom, 1, false, false);
  }

  /** Columns 10 to 50 and rows 20 to 40 of a picture, at twice and three times their size. */
  private static Placement part(boolean flipped) {
    return new Placement(10, 20, 40, 20, 80, 60, flipped);
  }

  @Test
  void aBoxFollowsThePartThatIsSeen() {
    assertArrayEquals(new float[] {10, 15, 40, 45}, part(false).seen(box(1, 15, 25, 30, 35)));
    assertArrayEquals(new float[] {40, 15, 70, 45}, part(true).seen(box(1, 15, 25, 30, 35)));
  }

  @Test
  void aBoxIsCutAtTheEdgesOfThePart() {
    assertArrayEquals(new float[] {0, 0, 80, 60}, part(false).seen(box(1, 0, 0, 100, 100)));
    assertArrayEquals(new float[] {60, 0, 80, 15}, part(false).seen(box(1, 40, 5, 90, 25)));
    assertArrayEquals(new float[] {0, 0, 20, 15}, part(true).seen(box(1, 40, 5, 90, 25)));
  }

  @Test
  void aBatchHasWhatIsLearntAndSeen() {
    ObjectBox crowd = new ObjectBox(2, 15, 25, 30, 35, 1, true, false);
    ObjectBox difficult = new ObjectBox(2, 15, 25, 30, 35, 1, false, true);
    ObjectBox outside = box(3, 60, 25, 70, 35);
    ObjectBox touching = box(3, 0, 25, 10, 35);
    ObjectBox first = box(4, 15, 25, 30, 35);
    ObjectBox second = box(5, 40, 5, 90, 25);
    Targets batch =
        Targets.joined(
            List.of(
                sample(part(false), crowd, outside, first, difficult, touching, second),
                sample(part(true)),
                sample(part(true), second)));
    assertEquals(3, batch.size());
    int[] labels = {7, 7, 7, 7, 7, 7, 7, 7, 7};
    float[] boxes = ((Targets.Boxes) batch).inBatch(labels);
    assertArrayEquals(new int[] {4, 5, 0, 0, 0, 0, 5, 0, 0}, labels);
    float[] expected = new float[36];
    System.arraycopy(new float[] {10, 15, 40, 45, 60, 0, 80, 15}, 0, expected, 0, 8);
    System.arraycopy(new float[] {0, 0, 20, 15}, 0, expected, 24, 4);
    assertArrayEquals(expected, boxes);
  }

  private static Targets sample(Placement placement, ObjectBox... objects) {
    return new Targets.Boxes(List.of(new Targets.Boxes.Sample(placement, List.of(objects))), 3);
  }

  @Test
  void aBoxHasAnAreaAndAClass() {
    assertThrows(IllegalArgumentException.class, () -> box(1, 5, 5, 5, 8));
    assertThrows(IllegalArgumentException.class, () -> box(1, 5, 5, 8, 4));
    assertThrows(IllegalArgumentException.class, () -> box(1, Float.NaN, 5, 8, 9));
    assertThrows(IllegalArgumentException.class, () -> box(0, 5, 5, 8, 9));
  }
}
