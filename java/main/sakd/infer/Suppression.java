package sakd.infer;

import java.util.Arrays;

/**
 * Non-maximum suppression: of boxes that overlap, the one with the best score stays. In float32 and
 * in the order of torchvision's {@code nms}.
 */
final class Suppression {
  private Suppression() {}

  /**
   * Which boxes stay, the best first. From the best score down, a box stays unless its IoU with one
   * of its own class that has stayed is more than {@code most}. Of equal scores the first comes
   * first.
   *
   * @param boxes {@code [n, 4]}: left, top, right, bottom
   * @param scores {@code [n]}
   * @param labels {@code [n]}, the class of each
   */
  static int[] kept(float[] boxes, float[] scores, int[] labels, float most) {
    int[] order = Ranking.of(scores);
    int[] kept = new int[order.length];
    int count = 0;
    for (int i : order) {
      boolean stays = true;
      for (int k = 0; k < count && stays; k++) {
        stays = labels[kept[k]] != labels[i] || !(overlap(boxes, kept[k], i) > most);
      }
      if (stays) {
        kept[count++] = i;
      }
    }
    return Arrays.copyOf(kept, count);
  }

  /** Intersection over union of two boxes; NaN if neither has an area. */
  private static float overlap(float[] boxes, int i, int j) {
    int a = 4 * i;
    int b = 4 * j;
    float width = Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]);
    float height = Math.min(boxes[a + 3], boxes[b + 3]) - Math.max(boxes[a + 1], boxes[b + 1]);
    float inter = Math.max(0, width) * Math.max(0, height);
    return inter / (area(boxes, a) + area(boxes, b) - inter);
  }

  private static float area(float[] boxes, int at) {
    return (boxes[at + 2] - boxes[at]) * (boxes[at + 3] - boxes[at + 1]);
  }
}
