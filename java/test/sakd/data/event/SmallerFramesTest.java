package sakd.data.event;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SmallerFramesTest {
  @Test
  void blocksAreSummedWhereSidesDivide() {
    byte[] counts = {1, 2, 0, 0, 3, 4, 0, 9, 5, 0, 1, 1, 0, 0, 1, 1, 7, 0, 0, 0, 0, 0, 0, 0};
    assertArrayEquals(
        new byte[] {10, 9, 5, 4, 7, 0},
        SmallerFrames.of(counts, 1, 6, 4, 3, 2),
        "rows and columns");
    assertArrayEquals(
        new byte[] {19, 16}, SmallerFrames.of(new byte[] {9, 10, 9, 7}, 2, 1, 2, 1, 1), "frames");
  }

  /** Three pixels to two: the middle one is halved; 128 to 48, as the recipes do. */
  @Test
  void whatLiesAcrossAnEdgeIsShared() {
    assertArrayEquals(
        new byte[] {14, 6}, SmallerFrames.of(new byte[] {10, 8, 2}, 1, 1, 3, 1, 2), "halved");
    assertArrayEquals(
        new byte[] {2, 2, 2, 3},
        SmallerFrames.of(new byte[] {1, 1, 1, 1, 1, 1, 1, 1, 2}, 1, 3, 3, 2, 2),
        "9/4 is rounded to 2, and 13/4 to 3");
    byte[] even = new byte[128 * 128];
    Arrays.fill(even, (byte) 9);
    for (byte count : SmallerFrames.of(even, 1, 128, 128, 48, 48)) {
      assertEquals(64, count, "9 (128 / 48)^2 everywhere");
    }
  }

  @Test
  void countsEndAt255() {
    byte[] full = {(byte) 200, (byte) 200, 0, 0};
    assertArrayEquals(new byte[] {(byte) 255}, SmallerFrames.of(full, 1, 2, 2, 1, 1));
  }
}
