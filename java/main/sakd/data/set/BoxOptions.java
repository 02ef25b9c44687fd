package sakd.data.set;

/**
 * How pictures with objects are read.
 *
 * @param base what the shorter side of a picture becomes in evaluation, in pixels; 0 for what is
 *     usual for the set
 * @param smallestScale by which training scales a picture beside that, at random: at least this
 * @param largestScale at most this
 */
public record BoxOptions(int base, double smallestScale, double largestScale) {
  /** What is usual, and a scale of 0.8 to 1.25. */
  public static final BoxOptions DEFAULT = new BoxOptions(0, 0.8, 1.25);

  /**
   * Checks the range.
   *
   * @throws IllegalArgumentException if it is none of positive numbers
   */
  public BoxOptions {
    if (base < 0 || !(smallestScale > 0 && smallestScale <= largestScale)) {
      throw new IllegalArgumentException("no base or no range of scales");
    }
  }

  /** The base, or another where it is 0. */
  int baseOr(int usual) {
    return base == 0 ? usual : base;
  }
}
