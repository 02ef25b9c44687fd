package sakd.data;

import sakd.base.SplitMix64;

/**
 * Mixup (Zhang et al. 2018) and CutMix (Yun et al. 2019) of a batch, as timm does them: image n of
 * N is mixed with image N-1-n, and its label with that image's, all by one draw of {@code lambda ~
 * Beta(alpha, alpha)}.
 *
 * <pre>
 *   mixup   x_n = lambda x_n + (1 - lambda) x_{N-1-n}
 *   cutmix  x_n = x_{N-1-n} within a box of 1 - lambda of the area, about a uniform centre
 *   label   lambda y_n + (1 - lambda) y_{N-1-n}, lambda of cutmix from the area within the image
 * </pre>
 *
 * With both, half of the batches get each.
 *
 * @param mixup alpha of mixup, 0 for none
 * @param cutmix alpha of CutMix, 0 for none
 */
public record Mixing(double mixup, double cutmix) {
  /** Every image is itself. */
  public static final Mixing NONE = new Mixing(0, 0);

  /** From here on the polar method works. */
  private static final double POLAR = 0.5;

  /**
   * What becomes of one batch: within a box an image keeps a share of itself.
   *
   * @param labelShare of an image's own label, in [0, 1]
   * @param pixelShare of its own pixels within the box, in [0, 1]
   * @param top first row of the box
   * @param bottom the row after the last
   * @param left first column
   * @param right the column after the last
   */
  public record Mix(float labelShare, float pixelShare, int top, int bottom, int left, int right) {
    /** How many {@link #values} there are. */
    public static final int VALUES = 6;

    /** All of it as the device takes it, in the order of the components. */
    public float[] values() {
      return new float[] {labelShare, pixelShare, top, bottom, left, right};
    }
  }

  /** How a batch of images of this size is mixed, or null if there is no mixing. */
  Mix draw(SplitMix64 random, int height, int width) {
    if (mixup == 0 && cutmix == 0) {
      return null;
    }
    boolean cut = mixup == 0 || (cutmix > 0 && random.nextDouble() < 0.5);
    double lambda = beta(cut ? cutmix : mixup, random);
    if (!cut) {
      return new Mix((float) lambda, (float) lambda, 0, height, 0, width);
    }
    double side = Math.sqrt(1 - lambda);
    int halfHeight = (int) (height * side) / 2;
    int halfWidth = (int) (width * side) / 2;
    int y = random.nextInt(height);
    int x = random.nextInt(width);
    int top = Math.max(0, y - halfHeight);
    int bottom = Math.min(height, y + halfHeight);
    int left = Math.max(0, x - halfWidth);
    int right = Math.min(width, x + halfWidth);
    double area = (double) (bottom - top) * (right - left) / ((double) height * width);
    return new Mix((float) (1 - area), 0, top, bottom, left, right);
  }

  /**
   * A draw from Beta(alpha, alpha): by Ulrich's polar method (Devroye, Non-Uniform Random Variate
   * Generation, IX.4), which takes a coordinate of a point on a sphere; and for small alpha by
   * Jöhnk's, in logarithms, as its powers may be too small for a double.
   */
  static double beta(double alpha, SplitMix64 random) {
    if (alpha >= POLAR) {
      double radius = Math.sqrt(1 - Math.pow(random.nextDouble(), 1 / (alpha - POLAR)));
      return (1 + radius * Math.cos(2 * Math.PI * random.nextDouble())) / 2;
    }
    while (true) {
      double a = Math.log(1 - random.nextDouble()) / alpha;
      double b = Math.log(1 - random.nextDouble()) / alpha;
      if (Math.exp(a) + Math.exp(b) <= 1) {
        return 1 / (1 + Math.exp(b - a));
      }
    }
  }
}
