package sakd.data;

/**
 * How the pixels of a picture came to lie in a sample, so that what is known of the picture can
 * follow them: a part of it, brought to a size, perhaps mirrored, in the upper left corner; what is
 * left of the sample to the right and below is padding.
 *
 * @param left of the part, in pixels of the picture
 * @param top of the part
 * @param width of the part, more than 0
 * @param height of the part, more than 0
 * @param outWidth what the width became, in pixels of the sample
 * @param outHeight what the height became
 * @param flipped whether left and right changed places
 */
public record Placement(
    double left,
    double top,
    double width,
    double height,
    int outWidth,
    int outHeight,
    boolean flipped) {
  /** A picture that is the sample. */
  public static Placement whole(int width, int height) {
    return new Placement(0, 0, width, height, width, height, false);
  }

  /** The column of the picture under the middle of a column of the sample. */
  public int sourceColumn(int column) {
    int from = flipped ? outWidth - 1 - column : column;
    return (int) Math.floor(left + (from + 0.5) * width / outWidth);
  }

  /** The row of the picture under the middle of a row of the sample. */
  public int sourceRow(int row) {
    return (int) Math.floor(top + (row + 0.5) * height / outHeight);
  }
}
