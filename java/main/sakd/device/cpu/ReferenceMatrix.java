package sakd.device.cpu;

import java.util.Arrays;
import java.util.stream.IntStream;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * Convolution and matrix product in plain loops that accumulate in double precision. The functions
 * on arrays keep that precision in their results too.
 */
public final class ReferenceMatrix implements MatrixLibrary {
  @Override
  public String name() {
    return "plain loops";
  }

  // ---- convolution: y[n,oh,ow,o] = sum_{a,b,i} x[n, oh s - p + a d, ow s - p + b d, i] w[o,a,b,i]
  // ----

  /** Size of x, w and y, as array lengths. */
  private record Sizes(int x, int w, int y) {
    static Sizes of(ConvShape s) {
      return new Sizes(
          size(s.batch(), s.height(), s.width(), s.in()),
          size(s.out(), s.kernel(), s.kernel(), s.in()),
          size(s.batch(), s.outHeight(), s.outWidth(), s.out()));
    }

    private static int size(int a, int b, int c, int d) {
      return Math.multiplyExact(Math.multiplyExact(a, b), Math.multiplyExact(c, d));
    }
  }

  /** Receives the offsets of two innermost rows that a tap of the window brings together. */
  private interface Tap {
    void at(int x, int w);
  }

  /** Calls {@code tap} for each place of the window at output (n, oh, ow) inside the image. */
  private static void window(ConvShape s, int n, int oh, int ow, Tap tap) {
    for (int a = 0; a < s.kernel(); a++) {
      int h = oh * s.stride() - s.pad() + a * s.dilation();
      for (int b = 0; b < s.kernel(); b++) {
        int w = ow * s.stride() - s.pad() + b * s.dilation();
        if (h >= 0 && h < s.height() && w >= 0 && w < s.width()) {
          tap.at(((n * s.height() + h) * s.width() + w) * s.in(), (a * s.kernel() + b) * s.in());
        }
      }
    }
  }

  private static int filter(ConvShape s) {
    return s.kernel() * s.kernel() * s.in();
  }

  private static int output(ConvShape s, int n, int oh, int ow) {
    return ((n * s.outHeight() + oh) * s.outWidth() + ow) * s.out();
  }

  /** y [batch, outHeight, outWidth, out] of x and w. */
  static double[] convForward(ConvShape s, double[] x, double[] w) {
    double[] y = new double[Sizes.of(s).y];
    IntStream.range(0, s.batch())
        .parallel()
        .forEach(
            n -> {
              for (int oh = 0; oh < s.outHeight(); oh++) {
                for (int ow = 0; ow < s.outWidth(); ow++) {
                  int to = output(s, n, oh, ow);
                  window(
                      s,
                      n,
                      oh,
                      ow,
                      (atX, atW) -> {
                        for (int o = 0; o < s.out(); o++) {
                          int row = o * filter(s) + atW;
                          double sum = 0;
                          for (int i = 0; i < s.in(); i++) {
                            sum += x[atX + i] * w[row + i];
                          }
                          y[to + o] += sum;
                        }
                      });
                }
              }
            });
    return y;
  }

  /** The gradient by x: every output hands its gradient to the inputs under its window. */
  static double[] convBackwardData(ConvShape s, double[] gradY, double[] w) {
    double[] gradX = new double[Sizes.of(s).x];
    IntStream.range(0, s.batch())
        .parallel()
        .forEach(
            n -> {
              for (int oh = 0; oh < s.outHeight(); oh++) {
                for (int ow = 0; ow < s.outWidth(); ow++) {
                  int from = output(s, n, oh, ow);
                  window(
                      s,
                      n,
                      oh,
                      ow,
                      (atX, atW) -> {
                        for (int o = 0; o < s.out(); o++) {
                          int row = o * filter(s) + atW;
                          double g = gradY[from + o];
                          for (int i = 0; i < s.in(); i++) {
                            gradX[atX + i] += g * w[row + i];
                          }
                        }
                      });
                }
              }
            });
    return gradX;
  }

  /** The gradient by w; output channels are independent of each other. */
  static double[] convBackwardWeights(ConvShape s, double[] x, double[] gradY) {
    double[] gradW = new double[Sizes.of(s).w];
    IntStream.range(0, s.out())
        .parallel()
        .forEach(
            o -> {
              for (int n = 0; n < s.batch(); n++) {
                for (int oh = 0; oh < s.outHeight(); oh++) {
                  for (int ow = 0; ow < s.outWidth(); ow++) {
                    double g = gradY[output(s, n, oh, ow) + o];
                    window(
                        s,
                        n,
                        oh,
                        ow,
                        (atX, atW) -> {
                          int row = o * filter(s) + atW;
                          for (int i = 0; i < s.in(); i++) {
                            gradW[row + i] += g * x[atX + i];
                          }
                        });
                  }
                }
              }
            });
    return gradW;
  }

  @Override
  public boolean addsGradients() {
    return true;
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    Sizes size = Sizes.of(shape);
    double[] result =
        convForward(
            shape, Elements.read(x, storage, 0, size.x), Elements.read(w, DType.F32, 0, size.w));
    Elements.write(y, storage, 0, result);
  }

  @Override
  public void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add) {
    Sizes size = Sizes.of(shape);
    double[] result =
        convBackwardData(
            shape,
            Elements.read(gradY, storage, 0, size.y),
            Elements.read(w, DType.F32, 0, size.w));
    if (add) {
      double[] old = Elements.read(gradX, storage, 0, size.x);
      Arrays.setAll(result, i -> old[i] + result[i]);
    }
    Elements.write(gradX, storage, 0, result);
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    Sizes size = Sizes.of(shape);
    double[] result =
        convBackwardWeights(
            shape, Elements.read(x, storage, 0, size.x), Elements.read(gradY, storage, 0, size.y));
    Elements.write(gradW, DType.F32, 0, result);
  }

  // ---- matrix product ----

  /** op(a) op(b), [m, n]; see {@link MatrixLibrary#gemm}. */
  static double[] gemm(
      boolean transposeA, boolean transposeB, int m, int n, int k, double[] a, double[] b) {
    double[] c = new double[Math.multiplyExact(m, n)];
    IntStream.range(0, m)
        .parallel()
        .forEach(
            i -> {
              for (int l = 0; l < k; l++) {
                double left = transposeA ? a[l * m + i] : a[i * k + l];
                for (int j = 0; j < n; j++) {
                  c[i * n + j] += left * (transposeB ? b[j * k + l] : b[l * n + j]);
                }
              }
            });
    return c;
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c) {
    double[] product =
        gemm(
            transposeA,
            transposeB,
            m,
            n,
            k,
            Elements.read(a, DType.F32, 0, Math.multiplyExact(m, k)),
            Elements.read(b, DType.F32, 0, Math.multiplyExact(k, n)));
    // With beta = 0, c is not read: it may hold anything, a NaN too.
    if (beta != 0) {
      double[] old = Elements.read(c, DType.F32, 0, product.length);
      for (int i = 0; i < product.length; i++) {
        product[i] += beta * old[i];
      }
    }
    Elements.write(c, DType.F32, 0, product);
  }

  @Override
  public void close() {}
}
