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
   * @param columns the width that all of the picture would have, in pixels of the result
   * @param rows the height that all of it would have
   * @param flip whether half of the parts are mirrored
   */
  static Placement part(
      int width,
      int height,
      int columns,
      int rows,
      int mostColumns,
      int mostRows,
      boolean flip,
      SplitMix64 random) {
    int outWidth = Math.min(mostColumns, columns);
    int outHeight = Math.min(mostRows, rows);
    boolean flipped = random.nextInt(2) == 1 && flip;
    int top = random.nextInt(rows - outHeight + 1);
    int left = random.nextInt(columns - outWidth + 1);
    double x = (double) width / columns;
    double y = (double) height / rows;
    return new Placement(
        left * x, top * y, outWidth * x, outHeight * y, outWidth, outHeight, flipped);
  }
}
