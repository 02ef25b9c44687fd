package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireResize;

/**
 * The resizing of {@code kernels/resize.cu}: places in float32, as they are defined, sums in
 * double.
 */
record ReferenceResize(
    Resize kind, int height, int width, int outHeight, int outWidth, int channels) {

  private static ReferenceResize of(Resize kind, Tensor x, Tensor y) {
    requireResize(x, y);
    return new ReferenceResize(kind, x.dim(-3), x.dim(-2), y.dim(-3), y.dim(-2), x.channels());
  }

  static void resize(Resize kind, Tensor x, Tensor y) {
    write(y, 0, of(kind, x, y).forward(read(x)));
  }

  static void backward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    double[] gradient = of(kind, gradX, gradY).backward(read(gradY));
    double[] before = add ? read(gradX) : new double[gradient.length];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] += before[i];
    }
    write(gradX, 0, gradient);
  }

  /** x [M, H, W, C] to y [M, OH, OW, C]. */
  double[] forward(double[] x) {
    double[] y = new double[x.length / (height * width) * outHeight * outWidth];
    forEach(y.length, (in, out, weight) -> y[out] += weight * x[in]);
    return y;
  }

  /** The gradient by x. */
  double[] backward(double[] gradY) {
    double[] gradX = new double[gradY.length / (outHeight * outWidth) * height * width];
    forEach(gradY.length, (in, out, weight) -> gradX[in] += weight * gradY[out]);
    return gradX;
  }

  /** A product of a weight and x[in] that y[out] is a sum of. */
  private interface Term {
    void add(int in, int out, double weight);
  }

  private void forEach(int outputs, Term term) {
    for (int row = 0; row < outputs / channels; row++) {
      int line = row / outWidth;
      Taps down = taps(line % outHeight, height, outHeight);
      Taps across = taps(row % outWidth, width, outWidth);
      int first = line / outHeight * height;
      for (int c = 0; c < channels; c++) {
        int out = row * channels + c;
        int upper = (first + down.low) * width;
        int lower = (first + down.high) * width;
        term.add((upper + across.low) * channels + c, out, (1 - down.share) * (1 - across.share));
        term.add((upper + across.high) * channels + c, out, (1 - down.share) * across.share);
        term.add((lower + across.low) * channels + c, out, down.share * (1 - across.share));
        term.add((lower + across.high) * channels + c, out, down.share * across.share);
      }
    }
  }

  /** Output o of a side reads {@code low} with weight 1 - share, and {@code high} with share. */
  private record Taps(int low, int high, double share) {}

  private Taps taps(int o, int in, int out) {
    float scale = (float) in / out;
    if (kind == Resize.NEAREST) {
      int nearest = Math.min((int) (o * scale), in - 1);
      return new Taps(nearest, nearest, 0);
    }
    float place = Math.max(scale * (o + 0.5f) - 0.5f, 0);
    int low = Math.min((int) place, in - 1);
    return low + 1 < in ? new Taps(low, low + 1, place - low) : new Taps(low, low, 0);
  }
}
