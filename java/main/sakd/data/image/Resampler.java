package sakd.data.image;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Brings a part of a picture to some size, bilinear with antialiasing: each pixel of the result is
 * the mean of those of the part under a triangle two pixels of the coarser of the two grids wide,
 * as in PIL and torchvision's {@code antialias=True}. As there, first each row, rounded to eight
 * bits, then the columns. Keeps its buffers: one for each thread.
 *
 * <p>Weights are whole numbers that sum to 2^13, so that the weighted sum of a colour takes 21 bits
 * and a long holds those of a pixel: one multiplication weighs red, green and blue.
 */
public final class Resampler {
  private static final int CHANNELS = 3;
  private static final int PRECISION = 13;
  private static final int ONE = 1 << PRECISION;

  /** Bits of a colour within a long: blue lowest, then green and red. */
  private static final int LANE = 8 + PRECISION;

  private static final long EACH = 1L | 1L << LANE | 1L << (2 * LANE);
  private static final long HALVES = EACH * (ONE / 2);
  private static final long COLOURS = EACH * 0xff;

  /** Which pixels of a line make pixel i: {@code most} from {@code first[i]} on. */
  private static final class Taps {
    final int[] first;
    final int most;

    /** The last pixel with a weight, and one. */
    final int end;

    /** {@code [side, most]}, 0 where fewer pixels count. */
    final int[] weights;

    Taps(double from, double extent, int limit, int side) {
      double scale = extent / side;
      double support = Math.max(1, scale);
      int bound = (int) Math.ceil(2 * support) + 1; // Of the whole numbers in an open interval.
      double[] shares = new double[bound];
      most = bound;
      first = new int[side];
      weights = new int[side * most];
      int last = 0;
      for (int i = 0; i < side; i++) {
        double center = from + (i + 0.5) * scale;
        int low = Math.max(0, (int) (center - support + 0.5));
        int high = Math.min(limit, (int) (center + support + 0.5));
        // A box that ends at the edge may leave nothing but rounding.
        low = Math.min(low, limit - 1);
        high = Math.max(high, low + 1);
        double sum = 0;
        for (int k = 0; k < high - low; k++) {
          shares[k] = Math.max(0, 1 - Math.abs((low + k + 0.5 - center) / support));
          sum += shares[k];
        }
        int rest = ONE;
        int heaviest = i * most;
        for (int k = 0; sum > 0 && k < high - low; k++) {
          int at = i * most + k;
          weights[at] = (int) Math.round(ONE * shares[k] / sum);
          rest -= weights[at];
          heaviest = weights[at] > weights[heaviest] ? at : heaviest;
        }
        weights[heaviest] += rest; // What rounding left, or all of a single pixel.
        first[i] = low;
        last = Math.max(last, high);
      }
      end = last;
    }
  }

  private long[] line = new long[0];
  private long[] rows = new long[0];
  private long[] sums = new long[0];
  private byte[] out = new byte[0];

  /**
   * Writes the part as uint8 {@code [3, side, side]} at the buffer's position.
   *
   * @param box within the picture
   */
  public void resample(Picture picture, Crop box, int side, ByteBuffer target) {
    target.put(resample(picture, box, side, side), 0, CHANNELS * side * side);
  }

  /**
   * The part as uint8 {@code [3, rows, columns]} at the start of an array that is valid until the
   * next call.
   *
   * @param box within the picture; what is beside it counts at its edges
   */
  public byte[] resample(Picture picture, Crop box, int columns, int rowCount) {
    Taps across = new Taps(box.left(), box.width(), picture.width(), columns);
    Taps down = new Taps(box.top(), box.height(), picture.height(), rowCount);
    int left = across.first[0];
    int width = across.end - left;
    int top = down.first[0];
    int height = down.end - top;
    if (line.length < width + across.most) {
      line = new long[width + across.most];
    }
    if (rows.length < height * columns) {
      rows = new long[height * columns];
    }
    if (sums.length < columns) {
      sums = new long[columns];
    }
    if (out.length < CHANNELS * rowCount * columns) {
      out = new byte[CHANNELS * rowCount * columns];
    }
    for (int y = 0; y < height; y++) {
      unpack(picture.pixels(), (top + y) * picture.width() + left, line, width);
      sumAcross(across, left, line, rows, y * columns, columns);
    }
    for (int y = 0; y < rowCount; y++) {
      sumDown(down, y, top, columns);
      pack(sums, out, y * columns, rowCount * columns, columns);
    }
    return out;
  }

  private static void unpack(int[] pixels, int from, long[] to, int width) {
    for (int x = 0; x < width; x++) {
      long rgb = (pixels[from + x] >>> 8) & 0xffffffL;
      to[x] = (rgb & 0xff0000) << (2 * LANE - 16) | (rgb & 0xff00) << (LANE - 8) | (rgb & 0xff);
    }
  }

  private static void sumAcross(Taps across, int left, long[] from, long[] to, int at, int side) {
    int[] first = across.first;
    int[] weights = across.weights;
    int most = across.most;
    for (int x = 0; x < side; x++) {
      int low = first[x] - left;
      int w = x * most;
      long sum = HALVES;
      for (int k = 0; k < most; k++) {
        sum += weights[w + k] * from[low + k];
      }
      to[at + x] = sum >>> PRECISION & COLOURS;
    }
  }

  private void sumDown(Taps down, int y, int top, int side) {
    Arrays.fill(sums, 0, side, HALVES);
    for (int k = 0; k < down.most; k++) {
      int weight = down.weights[y * down.most + k];
      if (weight != 0) {
        addRow(weight, rows, (down.first[y] - top + k) * side, sums, side);
      }
    }
  }

  private static void addRow(long weight, long[] from, int at, long[] to, int side) {
    for (int x = 0; x < side; x++) {
      to[x] += weight * from[at + x];
    }
  }

  private static void pack(long[] from, byte[] to, int at, int plane, int side) {
    for (int x = 0; x < side; x++) {
      long sum = from[x];
      to[at + x] = (byte) (sum >>> (2 * LANE + PRECISION));
      to[at + plane + x] = (byte) (sum >>> (LANE + PRECISION));
      to[at + 2 * plane + x] = (byte) (sum >>> PRECISION);
    }
  }
}
