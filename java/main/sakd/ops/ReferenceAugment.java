package sakd.ops;

/** Crop, flip, normalisation and mixing of images; the equation of {@code kernels/augment.cu}. */
record ReferenceAugment(int channels, int height, int width, double[] mean, double[] std) {
  int size() {
    return channels * height * width;
  }

  /**
   * The image [C, H, W] moved by (dy, dx) and flipped as [H, W, C], black outside unless it rolls.
   */
  double[] apply(byte[] image, int dy, int dx, boolean flip, boolean rolls) {
    double[] out = new double[size()];
    for (int i = 0; i < out.length; i++) {
      int c = i % channels;
      int x = i / channels % width;
      int fromX = (flip ? width - 1 - x : x) + dx;
      int fromY = i / channels / width + dy;
      if (rolls) {
        fromX = Math.floorMod(fromX, width);
        fromY = Math.floorMod(fromY, height);
      }
      boolean inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
      int pixel = inside ? image[(c * height + fromY) * width + fromX] & 0xff : 0;
      out[i] = (pixel / 255.0 - mean[c]) / std[c];
    }
    return out;
  }

  /**
   * Mixes the box of one result with that of another.
   *
   * @param mix as {@link Ops#augment} takes it
   */
  void mix(double[] own, double[] other, double[] mix) {
    for (int i = 0; i < own.length; i++) {
      int x = i / channels % width;
      int y = i / channels / width;
      if (y >= mix[2] && y < mix[3] && x >= mix[4] && x < mix[5]) {
        own[i] = mix[1] * own[i] + (1 - mix[1]) * other[i];
      }
    }
  }
}
