package sakd.ops;

/** How two feature maps a, b [1, N, H, W, C] are compared; each is a mean over the N samples. */
public enum Distance {
  /** Mean (a - b)^2: the published one. */
  MSE,
  /** Mean |a - b|. */
  L1,
  /**
   * |a/|a| - b/|b||^2 for each sample's whole map: their directions are compared, not their sizes
   * (as attention transfer normalises, Zagoruyko and Komodakis 2017).
   */
  NORMALIZED,
  /**
   * T^2 KL(softmax(b/T) || softmax(a/T)) over the places of each channel, averaged over channels
   * (channel-wise distillation, Shu et al. 2021).
   */
  KL
}
