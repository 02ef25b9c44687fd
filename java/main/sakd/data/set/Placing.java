package sakd.data.set;

import sakd.base.SplitMix64;
import sakd.data.Placement;

/** How pictures of any size come into a batch. */
interface Placing {
  /** The whole picture, as evaluation sees it. */
  Placement evaluation(int width, int height);

  /** A view of the picture at random, no larger than training's canvas. */
  Placement training(int width, int height, SplitMix64 random);

  /** What the shorter side of a picture becomes, in pixels; 0 if pictures keep their size. */
  int base();

  /**
   * A part of a picture at random, mirrored at random: all of a side that is not longer than its
   * limit.
   *
   * @param whole as all of the picture would be seen
   * @param mostColumns the widest part, in pixels of the result
   * @param mostRows the highest part
   * @param flip whether half of the parts are mirrored
   */
  static Placement part(
      Placement whole, int mostColumns, int mostRows, boolean flip, SplitMix64 random) {
    int outWidth = Math.min(mostColumns, whole.outWidth());
    int outHeight = Math.min(mostRows, whole.outHeight());
    boolean flipped = random.nextInt(2) == 1 && flip;
    int top = random.nextInt(whole.outHeight() - outHeight + 1);
    int left = random.nextInt(whole.outWidth() - outWidth + 1);
    double x = whole.width() / whole.outWidth();
    double y = whole.height() / whole.outHeight();
    return new Placement(
        left * x, top * y, outWidth * x, outHeight * y, outWidth, outHeight, flipped);
  }
}
