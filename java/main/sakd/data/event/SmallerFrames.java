package sakd.data.event;

import java.util.Arrays;

/**
 * Frames of fewer pixels. Each pixel of the sensor hands its events to the pixels that cover its
 * place, by the share of its area; where sides divide evenly a count is the sum over a block.
 *
 * <p>So no event is lost or counted twice but for rounding, and no pixel stands for more of the
 * sensor than another. The frames that Deng et al. (ICLR 2022) train on are resized as images,
 * bilinearly, and those of Li et al. (ECCV 2022) by taking the nearest pixel.
 */
final class SmallerFrames {
  private static final int MOST = 255;

  private SmallerFrames() {}

  /**
   * Sums counts.
   *
   * @param counts uint8 {@code [frames, height, width]}
   * @param outHeight at most height
   * @param outWidth at most width
   * @return uint8 {@code [frames, outHeight, outWidth]}, rounded to whole events, at most 255
   */
  static byte[] of(byte[] counts, int frames, int height, int width, int outHeight, int outWidth) {
    byte[] out = new byte[frames * outHeight * outWidth];
    long[] sums = new long[outHeight * outWidth];
    // In units of which a pixel of the sensor has outHeight x outWidth.
    long unit = (long) outHeight * outWidth;
    for (int f = 0; f < frames; f++) {
      Arrays.fill(sums, 0);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int count = counts[(f * height + y) * width + x] & 0xff;
          if (count > 0) {
            add(sums, count, y, height, outHeight, x, width, outWidth);
          }
        }
      }
      for (int i = 0; i < sums.length; i++) {
        out[f * sums.length + i] = (byte) Math.min(MOST, (2 * sums[i] + unit) / (2 * unit));
      }
    }
    return out;
  }

  /** A pixel lies in one pixel of a side's result, or across the edge of two. */
  private static void add(
      long[] sums, int count, int y, int height, int outHeight, int x, int width, int outWidth) {
    for (int row = y * outHeight / height; row * height < (y + 1) * outHeight; row++) {
      long rows = overlap(row, height, y, outHeight);
      for (int column = x * outWidth / width; column * width < (x + 1) * outWidth; column++) {
        sums[row * outWidth + column] += count * rows * overlap(column, width, x, outWidth);
      }
    }
  }

  /** Of [large k, large (k + 1)) and [small i, small (i + 1)). */
  private static long overlap(int k, int large, int i, int small) {
    long first = Math.max((long) large * k, (long) small * i);
    return Math.min(large * (k + 1L), small * (i + 1L)) - first;
  }
}
