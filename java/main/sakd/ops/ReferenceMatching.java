package sakd.ops;

/**
 * torchvision's {@code Matcher} with low-quality matches, as plain loops. IoU is float32, each
 * operation in the order of {@code box_iou}: it decides by comparisons, some of them for equality.
 *
 * @param high least IoU of an object's anchor
 * @param low IoU below which an anchor is background
 */
record ReferenceMatching(float high, float low) {
  /** Of an anchor with no object. */
  static final int BACKGROUND = -1;

  /** Of an anchor that is neither background nor an object's. */
  static final int NEITHER = -2;

  /**
   * The object of each anchor of a picture.
   *
   * @param anchors [A, 4]
   * @param boxes [M, 4]
   * @param labels [M], 0 where there is no object
   */
  int[] match(float[] anchors, float[] boxes, int[] labels) {
    int[] matched = new int[anchors.length / 4];
    float[] best = best(anchors, boxes, labels);
    for (int a = 0; a < matched.length; a++) {
      int object = BACKGROUND;
      float most = -1;
      boolean isBest = false;
      for (int m = 0; m < labels.length; m++) {
        if (labels[m] != 0) {
          float iou = iou(boxes, m, anchors, a);
          object = iou > most ? m : object;
          most = Math.max(most, iou);
          isBest |= iou == best[m];
        }
      }
      if (!isBest && most < high) {
        object = most < low ? BACKGROUND : NEITHER;
      }
      matched[a] = object;
    }
    return matched;
  }

  /** The largest IoU of each object with any anchor. */
  private static float[] best(float[] anchors, float[] boxes, int[] labels) {
    float[] best = new float[labels.length];
    for (int m = 0; m < labels.length; m++) {
      for (int a = 0; labels[m] != 0 && a < anchors.length / 4; a++) {
        best[m] = Math.max(best[m], iou(boxes, m, anchors, a));
      }
    }
    return best;
  }

  private static float iou(float[] boxes, int m, float[] anchors, int a) {
    float width =
        Math.min(boxes[4 * m + 2], anchors[4 * a + 2]) - Math.max(boxes[4 * m], anchors[4 * a]);
    float height =
        Math.min(boxes[4 * m + 3], anchors[4 * a + 3])
            - Math.max(boxes[4 * m + 1], anchors[4 * a + 1]);
    float common = Math.max(width, 0) * Math.max(height, 0);
    return common / (area(boxes, m) + area(anchors, a) - common);
  }

  private static float area(float[] boxes, int i) {
    return (boxes[4 * i + 2] - boxes[4 * i]) * (boxes[4 * i + 3] - boxes[4 * i + 1]);
  }
}
