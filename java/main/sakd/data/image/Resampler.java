package sakd.data.image;

import java.nio.ByteBuffer;

/**
 * Brings a part of a picture to a square of some side, bilinear with antialiasing: each pixel of
 * the result is the mean of those of the part under a triangle two pixels of the coarser of the two
 * grids wide, as in PIL and torchvision's {@code antialias=True}. Rows first, as they lie in memory
 * side by side, then columns. Keeps its buffers: one for each thread.
 */
public final class Resampler {
  private static final int CHANNELS = 3;

  /** Taps are summed in blocks of so many, the last filled up with weights of 0. */
  private static final int BLOCK = 4;

  /** Which pixels of a line make pixel i: {@code count[i]} from {@code first[i]} on. */
  private static final class Taps {
    final int[] first;
    final int[] count;
    final float[] weights;
    final int most;

    Taps(double from, double extent, int limit, int side) {
      double scale = extent / side;
      double support = Math.max(1, scale);
      int bound = (int) Math.ceil(2 * support) + 1; // Of the whole numbers in an open interval.
      most = (bound + BLOCK - 1) / BLOCK * BLOCK;
      first = new int[side];
      count = new int[side];
      weights = new float[side * most];
      for (int i = 0; i < side; i++) {
        double center = from + (i + 0.5) * scale;
        int low = Math.max(0, (int) (center - support + 0.5));
        int high = Math.min(limit, (int) (center + support + 0.5));
        // A box that ends at the edge may leave nothing but rounding.
        low = Math.min(low, limit - 1);
        high = Math.max(high, low + 1);
        double sum = 0;
        for (int k = low; k < high; k++) {
          double weight = Math.max(0, 1 - Math.abs((k + 0.5 - center) / support));
          weights[i * most + k - low] = (float) weight;
          sum += weight;
        }
        for (int k = low; k < high; k++) {
          weights[i * most + k - low] = sum > 0 ? (float) (weights[i * most + k - low] / sum) : 1;
        }
        first[i] = low;
        count[i] = high - low;
      }
    }
  }

  private float[] rows = new float[0];
  private float[] line = new float[0];

  /**
   * Writes the part as uint8 {@code [3, side, side]} at the buffer's position.
   *
   * @param box within the picture
   */
  public void resample(Picture picture, Box box, int side, ByteBuffer target) {
    Taps across = new Taps(box.left(), box.width(), picture.width(), side);
    Taps down = new Taps(box.top(), box.height(), picture.height(), side);
    int left = across.first[0];
    int right = across.first[side - 1] + across.count[side - 1];
    int top = down.first[0];
    int bottom = down.first[side - 1] + down.count[side - 1];
    int width = right - left;
    int stride = CHANNELS * width;
    unpack(picture, left, top, width, bottom - top);
    byte[] out = new byte[CHANNELS * side * side];
    if (line.length < stride + across.most) {
      line = new float[stride + across.most];
    }
    for (int y = 0; y < side; y++) {
      sumRows(down, y, top, stride);
      sumColumns(across, left, width, out, y * side, side);
    }
    target.put(out);
  }

  /** Planes of a row beside each other, as numbers. */
  private void unpack(Picture picture, int left, int top, int width, int height) {
    int[] pixels = picture.pixels();
    int needed = CHANNELS * width * height;
    if (rows.length < needed) {
      rows = new float[needed];
    }
    for (int y = 0; y < height; y++) {
      unpackRow(pixels, (top + y) * picture.width() + left, rows, y * CHANNELS * width, width);
    }
  }

  private static void unpackRow(int[] pixels, int from, float[] to, int at, int width) {
    for (int x = 0; x < width; x++) {
      to[at + x] = pixels[from + x] >>> 24;
    }
    for (int x = 0; x < width; x++) {
      to[at + width + x] = (pixels[from + x] >> 16) & 0xff;
    }
    for (int x = 0; x < width; x++) {
      to[at + 2 * width + x] = (pixels[from + x] >> 8) & 0xff;
    }
  }

  private void sumRows(Taps down, int y, int top, int stride) {
    float[] to = line;
    float[] from = rows;
    for (int k = 0; k < down.count[y]; k++) {
      float weight = down.weights[y * down.most + k];
      int row = (down.first[y] + k - top) * stride;
      if (k == 0) {
        for (int i = 0; i < stride; i++) {
          to[i] = weight * from[row + i];
        }
      } else {
        for (int i = 0; i < stride; i++) {
          to[i] += weight * from[row + i];
        }
      }
    }
  }

  private void sumColumns(Taps across, int left, int width, byte[] out, int at, int side) {
    float[] from = line;
    float[] weights = across.weights;
    int most = across.most;
    int plane = side * side;
    for (int x = 0; x < side; x++) {
      int r = across.first[x] - left;
      int g = r + width;
      int b = g + width;
      // Weights are positive and sum to one: what is rounded stays below 256.
      float red = 0.5f;
      float green = 0.5f;
      float blue = 0.5f;
      for (int k = x * most; k < (x + 1) * most; k += BLOCK) {
        float w0 = weights[k];
        float w1 = weights[k + 1];
        float w2 = weights[k + 2];
        float w3 = weights[k + 3];
        red += w0 * from[r] + w1 * from[r + 1] + w2 * from[r + 2] + w3 * from[r + 3];
        green += w0 * from[g] + w1 * from[g + 1] + w2 * from[g + 2] + w3 * from[g + 3];
        blue += w0 * from[b] + w1 * from[b + 1] + w2 * from[b + 2] + w3 * from[b + 3];
        r += BLOCK;
        g += BLOCK;
        b += BLOCK;
      }
      out[at + x] = (byte) (int) red;
      out[at + plane + x] = (byte) (int) green;
      out[at + 2 * plane + x] = (byte) (int) blue;
    }
  }
}
