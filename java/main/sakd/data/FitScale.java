package sakd.data;

/**
 * To which size pictures are brought for detectors, as torchvision's transform does it: the shorter
 * side becomes {@code base}, or less where the longer one would become more than {@code base} 1333
 * / 800; sides are rounded down.
 */
public final class FitScale {
  /** What torchvision allows the longer side of its base. */
  private static final double LONGEST = 1333;

  /** torchvision's base. */
  public static final int USUAL_BASE = 800;

  private FitScale() {}

  /**
   * By which both sides are multiplied.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param base of the shorter side, in pixels
   */
  public static double scale(int width, int height, int base) {
    double longest = Math.round(base * LONGEST / USUAL_BASE);
    return Math.min((double) base / Math.min(width, height), longest / Math.max(width, height));
  }

  /** A side, in pixels, that is brought to a scale; at least 1. */
  public static int side(int side, double scale) {
    return Math.max(1, (int) (side * scale));
  }

  /** Width and height in pixels after scaling; parameters as of {@link #scale}. */
  public static int[] size(int width, int height, int base) {
    double scale = scale(width, height, base);
    return new int[] {side(width, scale), side(height, scale)};
  }
}
