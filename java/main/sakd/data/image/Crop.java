package sakd.data.image;

import sakd.base.SplitMix64;

/**
 * A part of a picture.
 *
 * @param left the left edge, in pixels of the picture
 * @param top the upper edge
 * @param width more than 0
 * @param height more than 0
 */
public record Crop(double left, double top, double width, double height) {
  private static final int TRIES = 10;
  private static final double LEAST_AREA = 0.08;
  private static final double LEAST_RATIO = 3 / 4.0;
  private static final double LARGEST_RATIO = 4 / 3.0;

  /** The whole picture. */
  public static Crop whole(int width, int height) {
    return new Crop(0, 0, width, height);
  }

  /**
   * A random part as torchvision's {@code RandomResizedCrop} takes it: of 8 to 100 % of the area
   * and a ratio of 3:4 to 4:3, uniform in its logarithm; after ten tries that do not fit, the
   * largest part in the middle with the nearest such ratio.
   */
  public static Crop random(int width, int height, SplitMix64 random) {
    double low = Math.log(LEAST_RATIO);
    double high = Math.log(LARGEST_RATIO);
    for (int i = 0; i < TRIES; i++) {
      double area = width * (double) height * between(random, LEAST_AREA, 1);
      double ratio = Math.exp(between(random, low, high));
      int w = (int) Math.round(Math.sqrt(area * ratio));
      int h = (int) Math.round(Math.sqrt(area / ratio));
      if (w > 0 && w <= width && h > 0 && h <= height) {
        int top = random.nextInt(height - h + 1);
        return new Crop(random.nextInt(width - w + 1), top, w, h);
      }
    }
    double ratio = (double) width / height;
    int w = ratio > LARGEST_RATIO ? (int) Math.round(height * LARGEST_RATIO) : width;
    int h = ratio < LEAST_RATIO ? (int) Math.round(width / LEAST_RATIO) : height;
    return new Crop(Math.floorDiv(width - w, 2), Math.floorDiv(height - h, 2), w, h);
  }

  /**
   * The middle as torchvision's {@code Resize(resized)} and {@code CenterCrop(side)} show it.
   *
   * @param side of the result, in pixels
   * @param resized what the shorter side of the picture becomes
   */
  public static Crop center(int width, int height, int side, int resized) {
    double scale = Math.min(width, height) / (double) resized;
    int w = (int) (width / scale);
    int h = (int) (height / scale);
    double x = width / (double) w;
    double y = height / (double) h;
    // Python rounds halves to the even number, and so does rint.
    return new Crop(
        Math.rint((w - side) / 2.0) * x, Math.rint((h - side) / 2.0) * y, side * x, side * y);
  }

  /** The same part of the picture at another scale. */
  public Crop scaled(double x, double y) {
    return new Crop(left * x, top * y, width * x, height * y);
  }

  /** The largest divisor of 1, 2, 4, 8 at which the part still has so many pixels a side. */
  public int reduction(int side) {
    return reduction(side, side);
  }

  /** The same for a part that becomes so many columns and rows. */
  public int reduction(int columns, int rows) {
    int divisor = 8;
    while (divisor > 1 && (width / divisor < columns || height / divisor < rows)) {
      divisor /= 2;
    }
    return divisor;
  }

  private static double between(SplitMix64 random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }
}
