package sakd.model;

import sakd.data.Placement;

/**
 * An image as a network takes it.
 *
 * @param pixels normalised, [C, height, width]
 * @param placement how the picture lies in them; what is to the right and below is padding
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record InputImage(float[] pixels, int height, int width, Placement placement) {
  /** One without padding. */
  public static InputImage whole(float[] pixels, int height, int width) {
    return new InputImage(
        pixels, height, width, new Placement(0, 0, width, height, width, height, false));
  }

  /** Rows of the image itself; those below are padding. */
  public int shownHeight() {
    return placement.outHeight();
  }

  /** Columns of the image itself; those to the right are padding. */
  public int shownWidth() {
    return placement.outWidth();
  }
}
