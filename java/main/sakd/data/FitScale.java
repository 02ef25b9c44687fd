package sakd.data;

/** To which size pictures are brought for detectors, as torchvision's transform does it. */
public final class FitScale {
  /** What torchvision allows the longer side, and the base that goes with it. */
  private static final double LONGEST = 1333;

  private static final double BASE = 800;

  private FitScale() {}

  /**
   * Width and height in pixels after scaling: the shorter side becomes {@code base}, or less where
   * the longer one would become more than {@code base} 1333 / 800; both are rounded down.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param base of the shorter side, in pixels
   */
  public static int[] size(int width, int height, int base) {
    double longest = Math.round(base * LONGEST / BASE);
    double scale =
        Math.min((double) base / Math.min(width, height), longest / Math.max(width, height));
    return new int[] {
      Math.max(1, (int) (width * scale)), Math.max(1, (int) (height * scale)),
    };
  }
}
