package sakd.ops;

/** Max pooling of one image [H, W, C] in plain loops; the rules of {@code kernels/maxpool.cu}. */
record ReferencePool(Ops.Pool pool, int height, int width, int channels) {
  int outHeight() {
    return pool.out(height);
  }

  int outWidth() {
    return pool.out(width);
  }

  /** Elements of x. */
  int size() {
    return Math.multiplyExact(height * width, channels);
  }

  /** Elements of y. */
  int outSize() {
    return outHeight() * outWidth() * channels;
  }

  /** Where place {@code p} of window (oh, ow) lies in x at channel 0, or -1 if in the padding. */
  private int at(int oh, int ow, int p) {
    int h = oh * pool.stride() - pool.pad() + p / pool.size();
    int w = ow * pool.stride() - pool.pad() + p % pool.size();
    return h < 0 || h >= height || w < 0 || w >= width ? -1 : (h * width + w) * channels;
  }

  /** y and winner [OH, OW, C] are assigned: the first of equals wins, a NaN always. */
  void forward(double[] x, double[] y, byte[] winner) {
    int places = pool.size() * pool.size();
    for (int i = 0; i < y.length; i++) {
      int c = i % channels;
      int ow = i / channels % outWidth();
      int oh = i / channels / outWidth();
      boolean found = false;
      for (int p = 0; p < places; p++) {
        int at = at(oh, ow, p);
        if (at >= 0 && (!found || x[at + c] > y[i] || Double.isNaN(x[at + c]))) {
          found = true;
          y[i] = x[at + c];
          winner[i] = (byte) p;
        }
      }
    }
  }

  /** The gradient by x [H, W, C]: every output hands its gradient to its winner. */
  double[] backward(double[] gradY, byte[] winner) {
    double[] gradX = new double[size()];
    for (int i = 0; i < gradY.length; i++) {
      int ow = i / channels % outWidth();
      int oh = i / channels / outWidth();
      gradX[at(oh, ow, winner[i] & 0xff) + i % channels] += gradY[i];
    }
    return gradX;
  }
}
