package sakd.data.set;

import sakd.base.SplitMix64;
import sakd.data.Placement;

/**
 * How pictures with masks come into a batch, as in torchvision's references for segmentation:
 * training scales the whole picture by a factor around that of evaluation, mirrors half of them,
 * and crops a square at random; evaluation takes the whole picture.
 *
 * @param crop height and width of what training sees, in pixels
 * @param base what the shorter side of a picture becomes, in pixels; 0 if pictures keep their size
 * @param flip whether half of the pictures of training are mirrored
 */
record ScaleAndCrop(int crop, int base, boolean flip) implements Placing {
  /** Of pictures that keep their size, the longer side; those beyond are made smaller. */
  static final int LARGEST_SIDE = 2048;

  private static final double SMALLEST_SCALE = 0.5;
  private static final double LARGEST_SCALE = 2;

  @Override
  public Placement evaluation(int width, int height) {
    return whole(width, height, scale(width, height));
  }

  /**
   * A part of the picture at a scale of 0.5 to 2, uniform; all of a side that is not longer than
   * the crop.
   */
  @Override
  public Placement training(int width, int height, SplitMix64 random) {
    double factor = SMALLEST_SCALE + (LARGEST_SCALE - SMALLEST_SCALE) * random.nextDouble();
    return Placing.part(
        whole(width, height, factor * scale(width, height)), crop, crop, flip, random);
  }

  private double scale(int width, int height) {
    return base == 0
        ? Math.min(1, (double) LARGEST_SIDE / Math.max(width, height))
        : (double) base / Math.min(width, height);
  }

  private static Placement whole(int width, int height, double scale) {
    return new Placement(0, 0, width, height, scaled(width, scale), scaled(height, scale), false);
  }

  private static int scaled(int side, double scale) {
    return Math.max(1, (int) Math.round(side * scale));
  }
}
