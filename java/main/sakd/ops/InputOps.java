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

  /**
   * Still images x [1, N, H, W, C], normalised, to spikes out [T, N, H, W, C] of their pixels,
   * which are taken as {@code x std + mean}, rounded to 255ths.
   *
   * @param code {@link Encoding#POISSON} or {@link Encoding#LATENCY}
   * @param mean of normalisation per channel, of which there are at most {@value #MOST_ENCODED}
   * @param std likewise
   * @param draw I32 [2], random numbers of this batch; null for the same spikes of the same image
   *     always, whatever else is in its batch. Latency draws nothing
   * @param places I32 [N], the places of the samples in the whole batch; null if draw is
   */
  void encode(
      Encoding code, Tensor x, float[] mean, float[] std, Tensor draw, Tensor places, Tensor out);

  /** The most channels of images that {@link #encode} takes. */
  int MOST_ENCODED = 4;
}
