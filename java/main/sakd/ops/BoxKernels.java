package sakd.ops;

/** Anchors, their objects and their losses: sizes and launches. */
interface BoxKernels extends BoxOps, KernelFacet {
  @Override
  default void anchors(AnchorGrid grid, Tensor anchors) {
    throw new UnsupportedOperationException("kernels of detection are not there yet");
  }

  @Override
  default void matchAnchors(
      Tensor anchors,
      Tensor boxes,
      Tensor labels,
      float high,
      float low,
      Tensor matched,
      Tensor foreground) {
    throw new UnsupportedOperationException("kernels of detection are not there yet");
  }

  @Override
  default void confidence(Tensor logits, float threshold, Tensor confidence, Tensor sums) {
    throw new UnsupportedOperationException("kernels of detection are not there yet");
  }

  @Override
  default void focalLoss(
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
      Tensor grad) {
    throw new UnsupportedOperationException("kernels of detection are not there yet");
  }

  @Override
  default void boxLoss(
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
      Tensor grad) {
    throw new UnsupportedOperationException("kernels of detection are not there yet");
  }
}
