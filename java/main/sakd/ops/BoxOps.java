package sakd.ops;

/**
 * What trains a detector: its anchors, which object each is to find, and its losses; see {@link
 * Ops}. kernels/boxes.cu has the equations.
 *
 * <p>N pictures, A anchors in the order of {@link AnchorGrid}, K classes of which 0 is the
 * background, at most M objects a picture. A box is left, top, right, bottom in pixels.
 */
public interface BoxOps {
  /** anchors [A, 4] F32 = {@code grid.boxes()}, bit for bit. */
  void anchors(AnchorGrid grid, Tensor anchors);

  /**
   * Gives anchors their objects, as torchvision's {@code Matcher} with low-quality matches: the
   * object with the largest IoU, of equals the first, if that is at least {@code high}. An anchor
   * that no other exceeds in its IoU with some object keeps the object of its own largest IoU,
   * however low. IoU is computed in float32 in the order of torchvision's {@code box_iou}, so that
   * the result is the same everywhere.
   *
   * @param anchors [A, 4] F32
   * @param boxes [N, M, 4] F32, M at least 1
   * @param labels [N, M] I32: classes from 1, or 0 where there is no object; those may be anywhere
   * @param high least IoU of an object's anchor
   * @param low IoU below which an anchor is background
   * @param matched [N, A] I32: number of the anchor's object from 0; -1 background; -2 neither
   * @param foreground [N] I32: anchors with an object
   */
  void matchAnchors(
      Tensor anchors,
      Tensor boxes,
      Tensor labels,
      float high,
      float low,
      Tensor matched,
      Tensor foreground);

  /**
   * How certain a teacher is that there is an object.
   *
   * @param logits [N, A, K] F32
   * @param confidence [N, A] F32: the largest of sigmoid(logits) over the classes
   * @param sums [2] F32: of confidence, and of those that are at least {@code threshold}
   */
  void confidence(Tensor logits, float threshold, Tensor confidence, Tensor sums);

  /**
   * Focal loss (Lin et al., 2017; alpha 0.25, gamma 2), as torchvision's {@code
   * sigmoid_focal_loss}, and the divergence of each class's yes or no from the teacher's.
   *
   * @param logits [N, A, K] F32
   * @param teacher [N, A, K] F32; null if kdWeight is 0, as confidence and sums are
   * @param confidence [N, A] F32 of {@link #confidence}, c
   * @param sums [2] F32 of {@link #confidence}
   * @param matched [N, A] I32 and foreground [N] I32 of {@link #matchAnchors}
   * @param labels [N, M] I32
   * @param lossScale [1], multiplies the gradient
   * @param losses losses[index] is assigned: the mean over pictures of the sum over classes and
   *     anchors, those left out that are neither, over the number of anchors with an object or 1;
   *     losses[index + 1] too: T^2 sum c KL(teacher, student at temperature T) / sum c over all
   *     anchors and classes, 0 if the sum of c is or kdWeight
   * @param hits I32 [2]: anchors with an object whose class has the largest logit, of equals the
   *     first, which none with a NaN does; and anchors with an object
   * @param grad like logits: gradient by logits of weight and kdWeight times these losses
   */
  void focalLoss(
      Tensor logits,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      Tensor matched,
      Tensor labels,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      float temperature,
      Tensor losses,
      int index,
      Tensor hits,
      Tensor grad);

  /**
   * L1 of the boxes' deltas: from those of torchvision's {@code BoxCoder} with weights 1, and from
   * the teacher's.
   *
   * @param deltas [N, A, 4] F32: dx, dy in anchors, dw, dh logarithms of anchors
   * @param teacher [N, A, 4] F32; null if kdWeight is 0, as confidence and sums are
   * @param confidence [N, A] F32 of {@link #confidence}, c
   * @param sums [2] F32 of {@link #confidence} with the same threshold
   * @param anchors [A, 4] F32
   * @param matched [N, A] I32 and foreground [N] I32 of {@link #matchAnchors}
   * @param boxes [N, M, 4] F32
   * @param lossScale [1], multiplies the gradient
   * @param losses losses[index] is assigned: the mean over pictures of the sum over anchors with an
   *     object over their number or 1; losses[index + 1] too: sum c |deltas - teacher| over the
   *     anchors with c at least threshold, over the sum of these c; 0 if that is or kdWeight
   * @param grad like deltas: gradient of weight and kdWeight times these losses, 0 at a kink
   */
  void boxLoss(
      Tensor deltas,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      float threshold,
      Tensor anchors,
      Tensor matched,
      Tensor boxes,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      Tensor losses,
      int index,
      Tensor grad);
}
