package sakd.data.set;

import sakd.base.SplitMix64;
import sakd.data.FitScale;
import sakd.data.Placement;

/**
 * How pictures with objects come into a batch. Evaluation scales the whole picture as {@link
 * FitScale} says. Training scales it by another factor, mirrors half of the pictures, and cuts at
 * random what its canvas does not hold.
 *
 * @param base what the shorter side of a picture becomes, in pixels, unless the longer one would be
 *     too long
 * @param smallest the least factor of training, uniform up to the largest
 * @param largest the greatest factor of training
 * @param flip whether half of the pictures of training are mirrored
 * @param height of the canvas of training, in pixels
 * @param width of the canvas of training, in pixels
 */
record ScaleToFit(int base, double smallest, double largest, boolean flip, int height, int width)
    implements Placing {
  /** Sides of the canvas, so that every level of a feature pyramid has whole pixels up to P5. */
  private static final int CANVAS_STEP = 32;

  /** With the smallest canvas of whole steps that holds every picture as evaluation sees it. */
  static ScaleToFit of(BoxOptions options, int base, boolean flip, Pictures pictures) {
    ScaleToFit how =
        new ScaleToFit(base, options.smallestScale(), options.largestScale(), flip, 1, 1);
    return how.rebased(base, pictures);
  }

  /** The same with another base, and the canvas that it needs. */
  ScaleToFit rebased(int other, Pictures pictures) {
    ScaleToFit how = new ScaleToFit(other, smallest, largest, flip, 1, 1);
    int rows = 1;
    int columns = 1;
    for (int i = 0; i < pictures.size(); i++) {
      int[] size = pictures.sizeOf(i);
      Placement whole = how.evaluation(size[0], size[1]);
      columns = Math.max(columns, whole.outWidth());
      rows = Math.max(rows, whole.outHeight());
    }
    return new ScaleToFit(other, smallest, largest, flip, stepped(rows), stepped(columns));
  }

  private static int stepped(int side) {
    return (side + CANVAS_STEP - 1) / CANVAS_STEP * CANVAS_STEP;
  }

  @Override
  public Placement evaluation(int columns, int rows) {
    return whole(columns, rows, FitScale.scale(columns, rows, base));
  }

  @Override
  public Placement training(int columns, int rows, SplitMix64 random) {
    double factor = smallest + (largest - smallest) * random.nextDouble();
    return Placing.part(
        whole(columns, rows, factor * FitScale.scale(columns, rows, base)),
        width,
        height,
        flip,
        random);
  }

  private static Placement whole(int columns, int rows, double scale) {
    int outWidth = FitScale.side(columns, scale);
    return new Placement(0, 0, columns, rows, outWidth, FitScale.side(rows, scale), false);
  }
}
