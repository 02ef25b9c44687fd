package sakd.data.image;

/**
 * A decoded picture.
 *
 * @param width in pixels
 * @param height in pixels
 * @param pixels red, green and blue in bits 31 to 24, 23 to 16 and 15 to 8, row by row; may be
 *     longer than the picture
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record Picture(int width, int height, int[] pixels) {}
