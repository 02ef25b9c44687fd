package sakd.data;

/**
 * How a sample's pixels came to lie in its batch: a part of the source was brought to a size, maybe
 * mirrored left to right, and put into the upper left corner. The rest of the batch's picture, to
 * the right and below, is padding. A pixel x of the result (mirrored: {@code outWidth - 1 - x}) has
 * its middle at {@code left + (x + 0.5) * width / outWidth} of the source; rows likewise.
 *
 * @param left the part's left edge, in pixels of the source
 * @param top the part's upper edge
 * @param width of the part, more than 0
 * @param height of the part, more than 0
 * @param outWidth columns of the result, at least 1
 * @param outHeight rows of the result, at least 1
 * @param flipped whether left and right were swapped within the result
 */
public record Placement(
    double left,
    double top,
    double width,
    double height,
    int outWidth,
    int outHeight,
    boolean flipped) {
  /** Every pixel as it is. */
  public static Placement whole(SampleShape shape) {
    return new Placement(0, 0, shape.width(), shape.height(), shape.width(), shape.height(), false);
  }

  /** Left, top, right and bottom of an object in the result, cut at the result's edges. */
  float[] seen(ObjectBox object) {
    double x = outWidth / width;
    double y = outHeight / height;
    double first = (object.left() - left) * x;
    double last = (object.right() - left) * x;
    return new float[] {
      within(flipped ? outWidth - last : first, outWidth),
      within((object.top() - top) * y, outHeight),
      within(flipped ? outWidth - first : last, outWidth),
      within((object.bottom() - top) * y, outHeight)
    };
  }

  private static float within(double value, int limit) {
    return (float) Math.max(0, Math.min(limit, value));
  }
}
