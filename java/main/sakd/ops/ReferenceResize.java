package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireResize;

/**
 * The resizing of {@code kernels/resize.cu}: places in float32, as they are defined, sums in
 * double.
 */
final class ReferenceResize {
  private ReferenceResize() {}

  /** What output o of a side reads: {@code low} with weight 1 - share, {@code high} with share. */
  private record Taps(int low, int high, double share) {
    static Taps of(Resize kind, int o, int in, int out) {
      float scale = (float) in / out;
      if (kind == Resize.NEAREST) {
        int nearest = Math.min((int) (o * scale), in - 1);
        return new Taps(nearest, nearest, 0);
      }
      float place = Math.max(scale * (o + 0.5f) - 0.5f, 0);
      int low = Math.min((int) place, in - 1);
      return new Taps(low, Math.min(low + 1, in - 1), Math.min(place - low, 1));
    }
  }

  /**
   * What takes part in a product of weight, element of the large side's index and of the other's.
   */
  private interface Term {
    void add(int in, int out, double weight);
  }

  static void resize(Resize kind, Tensor x, Tensor y) {
    requireResize(x, y);
    double[] from = read(x);
    double[] to = new double[Math.toIntExact(y.size())];
    forEach(kind, x, y, (i, o, weight) -> to[o] += weight * from[i]);
    write(y, 0, to);
  }

  static void backward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    requireResize(gradX, gradY);
    double[] from = read(gradY);
    double[] to = add ? read(gradX) : new double[Math.toIntExact(gradX.size())];
    forEach(kind, gradX, gradY, (i, o, weight) -> to[i] += weight * from[o]);
    write(gradX, 0, to);
  }

  /** Every product of which y is the sum. */
  private static void forEach(Resize kind, Tensor x, Tensor y, Term term) {
    int channels = x.channels();
    for (int row = 0; row < y.rows(); row++) {
      Taps across = Taps.of(kind, row % y.dim(-2), x.dim(-2), y.dim(-2));
      Taps down = Taps.of(kind, row / y.dim(-2) % y.dim(-3), x.dim(-3), y.dim(-3));
      int image = row / y.dim(-2) / y.dim(-3) * x.dim(-3);
      for (int corner = 0; corner < 4; corner++) {
        int h = corner < 2 ? down.low : down.high;
        int w = corner % 2 == 0 ? across.low : across.high;
        double weight =
            (corner < 2 ? 1 - down.share : down.share)
                * (corner % 2 == 0 ? 1 - across.share : across.share);
        // A weight of 0 takes no part: else it would make a NaN of an infinity.
        for (int c = 0; c < channels && weight != 0; c++) {
          term.add(((image + h) * x.dim(-2) + w) * channels + c, row * channels + c, weight);
        }
      }
    }
  }
}
