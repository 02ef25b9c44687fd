package sakd.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

/** What {@code GeneralizedRCNNTransform} of torchvision 0.28 makes of such pictures. */
class FitScaleTest {
  @Test
  void sidesAreThoseOfTorchvision() {
    assertArrayEquals(new int[] {1066, 800}, FitScale.size(640, 480, 800));
    assertArrayEquals(new int[] {800, 1066}, FitScale.size(480, 640, 800));
    assertArrayEquals(new int[] {1333, 444}, FitScale.size(1500, 500, 800));
    assertArrayEquals(new int[] {800, 800}, FitScale.size(31, 31, 800));
    assertArrayEquals(new int[] {1200, 800}, FitScale.size(6000, 4000, 800));
    assertArrayEquals(new int[] {213, 51}, FitScale.size(70, 17, 128));
  }
}
