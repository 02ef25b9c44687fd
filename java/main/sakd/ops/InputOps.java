package sakd.ops;

/** What becomes of images before the network; see {@link Ops}. */
public interface InputOps {
  /**
   * images U8 [N, T', C, H, W] to out [T', N, H, W, C]: crop and flip by placement I32 [N, 3] (dy,
   * dx, flip + 2 roll), black outside or, if it rolls, what left at the opposite edge, scaled to
   * [0, 1], then (pixel - mean) / std per channel [C].
   *
   * @param mix [6] F32, of which this reads w, top, bottom, left and right from 1 on: within that
   *     box sample n becomes w times itself and 1 - w times sample N-1-n, both after crop and flip;
   *     null if no samples are mixed
   */
  void augment(Tensor images, Tensor placement, Tensor mix, Tensor mean, Tensor std, Tensor out);
}
