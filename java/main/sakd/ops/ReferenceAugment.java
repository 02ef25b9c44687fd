package sakd.ops;

/** Crop, flip and normalisation of one image; the equation of {@code kernels/augment.cu}. */
record ReferenceAugment(int channels, int height, int width, double[] mean, double[] std) {
  int size() {
    return channels * height * width;
  }

  /** The image [C, H, W] moved by (dy, dx) and flipped as [H, W, C], black outside. */
  double[] apply(byte[] image, int dy, int dx, boolean flip) {
    double[] out = new double[size()];
    for (int i = 0; i < out.length; i++) {
      int c = i % channels;
      int x = i / channels % width;
      int fromX = (flip ? width - 1 - x : x) + dx;
      int fromY = i / channels / width + dy;
      boolean inside = fromY >= 0 && fromY < height && fromX >= 0 && fromX < width;
      int pixel = inside ? image[(c * height + fromY) * width + fromX] & 0xff : 0;
      out[i] = (pixel / 255.0 - mean[c]) / std[c];
    }
    return out;
  }
}
