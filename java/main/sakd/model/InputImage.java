package sakd.model;

/**
 * An image as a network takes it.
 *
 * @param pixels normalised, [C, height, width]
 * @param shownHeight rows of the image itself; those below are padding
 * @param shownWidth columns of the image itself; those to the right are padding
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record InputImage(float[] pixels, int height, int width, int shownHeight, int shownWidth) {
  /** One without padding. */
  public static InputImage whole(float[] pixels, int height, int width) {
    return new InputImage(pixels, height, width, height, width);
  }
}
