package sakd.report;

import sakd.data.SampleShape;

/**
 * Every so many pixels of a picture, so that it is small on the page.
 *
 * @param shape of the picture
 * @param stride every how many pixels one is shown
 */
record Reduction(SampleShape shape, int stride) {
  /**
   * The smallest reduction that keeps a picture within a size.
   *
   * @param most of the longer side of what is shown, in pixels
   */
  static Reduction to(SampleShape shape, int most) {
    return new Reduction(shape, (Math.max(shape.height(), shape.width()) + most - 1) / most);
  }

  /** Of what is shown. */
  int height() {
    return shown(shape.height());
  }

  /** Of what is shown. */
  int width() {
    return shown(shape.width());
  }

  private int shown(int side) {
    return (side + stride - 1) / stride;
  }

  /** The values that are shown of uint8 [channels, H, W]. */
  byte[] of(byte[] values, int channels) {
    int height = height();
    int width = width();
    byte[] out = new byte[channels * height * width];
    for (int i = 0; i < out.length; i++) {
      int y = i / width % height * stride;
      int c = i / (width * height);
      out[i] = values[(c * shape.height() + y) * shape.width() + i % width * stride];
    }
    return out;
  }
}
