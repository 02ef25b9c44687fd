package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.ConvShape;
import sakd.testing.Differences;
import sakd.testing.Draw;

class ReferenceMatrixTest {
  @ParameterizedTest
  @CsvSource({
    "2, 5, 4, 3, 2, 3, 1, 1, 1",
    "1, 6, 7, 2, 3, 3, 2, 1, 1",
    "2, 3, 3, 3, 4, 1, 1, 0, 1",
    "1, 5, 5, 2, 2, 1, 2, 0, 1",
    "1, 6, 7, 2, 2, 3, 1, 2, 2",
    "2, 7, 5, 1, 2, 3, 2, 3, 3",
    "1, 4, 5, 2, 1, 3, 1, 6, 6",
    "1, 9, 8, 3, 2, 7, 2, 3, 1"
  })
  void convolutionsGradientsAreFiniteDifferences(
      int batch,
      int height,
      int width,
      int in,
      int out,
      int kernel,
      int stride,
      int pad,
      int dilation) {
    ConvShape s = new ConvShape(batch, height, width, in, out, kernel, stride, pad, dilation);
    Draw draw = new Draw(7);
    double[] x = draw.normal(batch * height * width * in);
    double[] w = draw.normal(out * kernel * kernel * in);
    double[] g = draw.normal(batch * s.outHeight() * s.outWidth() * out);
    Differences.check(
        "by x",
        x,
        g,
        v -> ReferenceMatrix.convForward(s, v, w),
        ReferenceMatrix.convBackwardData(s, g, w));
    Differences.check(
        "by w",
        w,
        g,
        v -> ReferenceMatrix.convForward(s, x, v),
        ReferenceMatrix.convBackwardWeights(s, x, g));
  }

  /** 2x2 image of two channels, 3x3 window, padding 1: the window's edge meets the padding. */
  @Test
  void convolutionByHand() {
    ConvShape s = new ConvShape(1, 2, 2, 2, 1, 3, 1, 1);
    double[] x = {1, 10, 2, 20, 3, 30, 4, 40};
    double[] w = new double[18];
    w[8] = 1; // Centre, channel 0.
    w[11] = 0.5; // Right of it, channel 1.
    w[15] = 100; // Below it would be 14 and 15: channel 1.
    assertArrayEquals(
        new double[] {1 + 10 + 3000, 2 + 4000, 3 + 20, 4}, ReferenceMatrix.convForward(s, x, w));
  }

  @Test
  void matrixProductsByHand() {
    double[] a = {1, 2, 3, 4, 5, 6}; // [2, 3]
    double[] b = {1, 0, 2, 1, 0, 3}; // [3, 2]
    double[] c = {5, 11, 14, 23};
    assertArrayEquals(c, ReferenceMatrix.gemm(false, false, 2, 2, 3, a, b));
    double[] aT = {1, 4, 2, 5, 3, 6};
    double[] bT = {1, 2, 0, 0, 1, 3};
    assertArrayEquals(c, ReferenceMatrix.gemm(true, false, 2, 2, 3, aT, b));
    assertArrayEquals(c, ReferenceMatrix.gemm(false, true, 2, 2, 3, a, bT));
    assertArrayEquals(c, ReferenceMatrix.gemm(true, true, 2, 2, 3, aT, bT));
  }
}
