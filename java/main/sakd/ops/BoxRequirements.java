package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;

/** The checks of the arguments of {@link BoxOps}. */
final class BoxRequirements {
  private BoxRequirements() {}

  static void requireAnchors(AnchorGrid grid, Tensor anchors) {
    require(floats(anchors, 4L * grid.count()), grid, anchors);
  }

  static void requireMatch(
      Tensor anchors, Tensor boxes, Tensor labels, Tensor matched, Tensor foreground) {
    require(
        isMatch(matched, foreground)
            && floats(anchors, 4 * (matched.size() / foreground.size()))
            && ints(labels, labels.size())
            && labels.size() > 0
            && labels.size() % foreground.size() == 0
            && floats(boxes, 4 * labels.size()),
        anchors,
        boxes,
        labels,
        matched,
        foreground);
  }

  static void requireConfidence(Tensor logits, Tensor confidence, Tensor sums) {
    require(
        floats(logits, logits.size())
            && logits.size() > 0
            && floats(confidence, logits.rows())
            && floats(sums, 2),
        logits,
        confidence,
        sums);
  }

  static void requireFocalLoss(
      Tensor logits,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      Tensor matched,
      Tensor labels,
      Tensor foreground,
      Tensor lossScale,
      float kdWeight,
      Tensor losses,
      int index,
      Tensor hits,
      Tensor grad) {
    require(
        isMatch(matched, foreground)
            && isLoss(logits, matched, lossScale, losses, index, grad)
            && isTaught(kdWeight, logits, teacher, confidence, sums)
            && ints(labels, labels.size())
            && labels.size() > 0
            && labels.size() % foreground.size() == 0
            && ints(hits, 2),
        logits,
        matched,
        labels,
        foreground,
        losses,
        hits,
        grad);
  }

  static void requireBoxLoss(
      Tensor deltas,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      Tensor anchors,
      Tensor matched,
      Tensor boxes,
      Tensor foreground,
      Tensor lossScale,
      float kdWeight,
      Tensor losses,
      int index,
      Tensor grad) {
    require(
        isMatch(matched, foreground)
            && isLoss(deltas, matched, lossScale, losses, index, grad)
            && deltas.channels() == 4
            && isTaught(kdWeight, deltas, teacher, confidence, sums)
            && floats(anchors, 4 * (matched.size() / foreground.size()))
            && floats(boxes, boxes.size())
            && boxes.size() > 0
            && boxes.size() % (4 * foreground.size()) == 0,
        deltas,
        anchors,
        matched,
        boxes,
        foreground,
        losses,
        grad);
  }

  /** Whether these are N anchors each of some pictures. */
  private static boolean isMatch(Tensor matched, Tensor foreground) {
    return ints(matched, matched.size())
        && ints(foreground, foreground.size())
        && foreground.size() > 0
        && matched.size() > 0
        && matched.size() % foreground.size() == 0;
  }

  private static boolean isLoss(
      Tensor out, Tensor matched, Tensor lossScale, Tensor losses, int index, Tensor grad) {
    return floats(out, out.size())
        && out.rows() == matched.size()
        && floats(lossScale, 1)
        && floats(losses, losses.size())
        && index >= 0
        && index <= losses.size() - 2
        && floats(grad, out.size());
  }

  private static boolean isTaught(
      float kdWeight, Tensor out, Tensor teacher, Tensor confidence, Tensor sums) {
    return kdWeight == 0
        || (teacher != null
            && confidence != null
            && sums != null
            && floats(teacher, out.size())
            && floats(confidence, out.rows())
            && floats(sums, 2));
  }
}
