package sakd.data.image;

import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * Uint8 pixels {@code [C, H, W]} that are changed in place: the operations of AutoAugment and
 * RandAugment as torchvision defines them on such tensors. Colours need three channels; with one
 * they leave grey as it is.
 */
public final class Raster {
  private final int channels;
  private final int height;
  private final int width;
  private final byte[] pixels;
  private final byte[] before;

  /** A raster of black pixels. */
  public Raster(int channels, int height, int width) {
    this.channels = channels;
    this.height = height;
    this.width = width;
    pixels = new byte[channels * height * width];
    before = new byte[pixels.length];
  }

  /** The pixels, to be filled and read. */
  public byte[] pixels() {
    return pixels;
  }

  public int width() {
    return width;
  }

  public int height() {
    return height;
  }

  /** Each value by a table of 256. */
  private void map(byte[] table, int channel) {
    int area = height * width;
    for (int i = channel * area; i < (channel + 1) * area; i++) {
      pixels[i] = table[pixels[i] & 0xff];
    }
  }

  private void map(IntUnaryOperator of) {
    byte[] table = new byte[256];
    for (int v = 0; v < 256; v++) {
      table[v] = (byte) of.applyAsInt(v);
    }
    for (int c = 0; c < channels; c++) {
      map(table, c);
    }
  }

  /** 255 - v. */
  public void invert() {
    map(v -> 255 - v);
  }

  /** Inverts values of at least the threshold. */
  public void solarize(double threshold) {
    map(v -> v >= threshold ? 255 - v : v);
  }

  /** Keeps so many of the highest bits. */
  public void posterize(int bits) {
    int mask = (255 << (8 - bits)) & 255;
    map(v -> v & mask);
  }

  /** factor v. */
  public void brightness(double factor) {
    map(v -> clamp(factor * v));
  }

  /** factor v + (1 - factor) mean of the grey picture. */
  public void contrast(double factor) {
    int area = height * width;
    double sum = 0;
    for (int i = 0; i < area; i++) {
      sum += grey(i, area);
    }
    double rest = (1 - factor) * (sum / area);
    map(v -> clamp(factor * v + rest));
  }

  /** factor v + (1 - factor) grey; torchvision's adjust_saturation. */
  public void colour(double factor) {
    int area = height * width;
    for (int i = 0; i < area && channels == 3; i++) {
      double rest = (1 - factor) * grey(i, area);
      for (int c = 0; c < channels; c++) {
        pixels[c * area + i] = (byte) clamp(factor * (pixels[c * area + i] & 0xff) + rest);
      }
    }
  }

  /** factor v + (1 - factor) of v smoothed by 1 1 1, 1 5 1, 1 1 1 over 13; the border stays. */
  public void sharpness(double factor) {
    System.arraycopy(pixels, 0, before, 0, pixels.length);
    for (int c = 0; c < channels; c++) {
      for (int y = 1; y < height - 1; y++) {
        for (int x = 1; x < width - 1; x++) {
          int i = (c * height + y) * width + x;
          int sum = 4 * (before[i] & 0xff);
          for (int k = -1; k <= 1; k++) {
            for (int j = i + k * width - 1; j <= i + k * width + 1; j++) {
              sum += before[j] & 0xff;
            }
          }
          double smooth = Math.round(sum / 13.0);
          pixels[i] = (byte) clamp(factor * (before[i] & 0xff) + (1 - factor) * smooth);
        }
      }
    }
  }

  /** Spreads each channel over 0 to 255. */
  public void autoContrast() {
    int area = height * width;
    for (int c = 0; c < channels; c++) {
      int low = 255;
      int high = 0;
      for (int i = c * area; i < (c + 1) * area; i++) {
        low = Math.min(low, pixels[i] & 0xff);
        high = Math.max(high, pixels[i] & 0xff);
      }
      if (high > low) {
        double scale = 255.0 / (high - low);
        byte[] table = new byte[256];
        for (int v = low; v <= high; v++) {
          table[v] = (byte) clamp(v * scale - low * scale);
        }
        map(table, c);
      }
    }
  }

  /** Equalises each channel's histogram, as PIL and torchvision do. */
  public void equalize() {
    int area = height * width;
    for (int c = 0; c < channels; c++) {
      int[] counts = new int[256];
      for (int i = c * area; i < (c + 1) * area; i++) {
        counts[pixels[i] & 0xff]++;
      }
      int last = 255;
      while (counts[last] == 0) {
        last--;
      }
      int step = (area - counts[last]) / 255;
      if (step == 0) {
        continue;
      }
      byte[] table = new byte[256];
      int sum = step / 2;
      for (int v = 0; v < 256; v++) {
        table[v] = (byte) Math.min(255, sum / step);
        sum += counts[v];
      }
      map(table, c);
    }
  }

  /**
   * Takes each pixel from where the matrix says, black outside: {@code from = M (to - centre) +
   * centre}, nearest neighbour.
   */
  private void move(double xx, double xy, double x1, double yx, double yy, double y1) {
    System.arraycopy(pixels, 0, before, 0, pixels.length);
    double cx = (width - 1) / 2.0;
    double cy = (height - 1) / 2.0;
    int area = height * width;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int fromX = (int) Math.round(xx * (x - cx) + xy * (y - cy) + cx + x1);
        int fromY = (int) Math.round(yx * (x - cx) + yy * (y - cy) + cy + y1);
        boolean inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
        for (int c = 0; c < channels; c++) {
          pixels[c * area + y * width + x] = inside ? before[c * area + fromY * width + fromX] : 0;
        }
      }
    }
  }

  /** Slants by so many pixels a row, about the middle. */
  public void shearX(double amount) {
    move(1, -amount, 0, 0, 1, 0);
  }

  /** Slants by so many pixels a column, about the middle. */
  public void shearY(double amount) {
    move(1, 0, 0, -amount, 1, 0);
  }

  /** Shifts to the right, and down. */
  public void translate(int right, int down) {
    move(1, 0, -right, 0, 1, -down);
  }

  /** Turns counter-clockwise about the middle. */
  public void rotate(double degrees) {
    double cos = Math.cos(Math.toRadians(degrees));
    double sin = Math.sin(Math.toRadians(degrees));
    move(cos, -sin, 0, sin, cos, 0);
  }

  /** Fills a part with a value for each channel. */
  public void fill(int left, int top, int w, int h, int[] values) {
    for (int c = 0; c < channels; c++) {
      for (int y = top; y < top + h; y++) {
        int row = (c * height + y) * width;
        Arrays.fill(pixels, row + left, row + left + w, (byte) values[c]);
      }
    }
  }

  private double grey(int i, int area) {
    return channels == 3
        ? 0.299 * (pixels[i] & 0xff)
            + 0.587 * (pixels[area + i] & 0xff)
            + 0.114 * (pixels[2 * area + i] & 0xff)
        : pixels[i] & 0xff;
  }

  private static int clamp(double value) {
    return (int) Math.max(0, Math.min(255, value));
  }
}
