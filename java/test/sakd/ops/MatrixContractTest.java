package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.cuda.CudaDevice;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** Convolution and matrix product, on every device. */
class MatrixContractTest {
  private static final ConvShape[] SHAPES = {
    new ConvShape(1, 1, 1, 1, 1, 1, 1, 0),
    new ConvShape(3, 7, 5, 3, 20, 3, 1, 1),
    new ConvShape(2, 8, 9, 16, 7, 3, 2, 1),
    new ConvShape(5, 6, 6, 64, 16, 1, 1, 0),
    new ConvShape(1, 7, 7, 20, 64, 1, 2, 0),
    new ConvShape(2, 17, 15, 3, 16, 7, 2, 3),
    new ConvShape(4, 8, 8, 64, 64, 3, 1, 1),
    new ConvShape(1, 9, 4, 1, 3, 3, 1, 0),
    new ConvShape(6, 4, 4, 32, 48, 3, 1, 1),
    new ConvShape(2, 7, 9, 16, 32, 3, 1, 0),
    new ConvShape(1, 6, 5, 32, 16, 3, 1, 2),
    new ConvShape(1, 6, 5, 32, 16, 3, 1, 3),
    new ConvShape(3, 8, 8, 32, 16, 3, 2, 1),
    new ConvShape(3, 7, 7, 16, 32, 1, 2, 0),
    new ConvShape(2, 9, 8, 3, 16, 5, 1, 2),
    new ConvShape(2, 10, 7, 8, 12, 3, 3, 1),
    // Fewer columns than the stride: some places of the window see nothing but padding.
    new ConvShape(3, 1, 1, 8, 12, 3, 2, 1),
    new ConvShape(2, 4, 2, 5, 8, 5, 3, 2),
    // Few channels of large images.
    new ConvShape(4, 256, 256, 4, 8, 1, 2, 0),
    // Windows with gaps, the last one wider than the picture.
    new ConvShape(2, 9, 7, 16, 16, 3, 1, 2, 2),
    new ConvShape(1, 10, 11, 5, 3, 3, 2, 4, 4),
    new ConvShape(2, 11, 10, 16, 20, 3, 2, 2, 2),
    new ConvShape(2, 11, 9, 16, 8, 3, 1, 3, 3),
    new ConvShape(1, 14, 13, 32, 16, 3, 1, 4, 4),
    new ConvShape(1, 12, 11, 5, 6, 3, 3, 2, 2),
    new ConvShape(1, 13, 12, 3, 8, 5, 1, 4, 2),
    new ConvShape(1, 5, 6, 16, 8, 3, 1, 12, 12),
  };

  /** Weights are such as the storage type holds: a device may multiply in it. */
  @EachDevice
  void convolution(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (ConvShape shape : SHAPES) {
        leaveScratch(ops, type);
        Draw draw = new Draw(shape.toString().hashCode());
        int size = shape.batch() * shape.height() * shape.width() * shape.in();
        checkConvolution(ops, type, shape, draw, draw.normal(size));
      }
    }
  }

  /** Leaves nothing but NaN in the memory that a library works in. */
  private static void leaveScratch(Ops ops, DType type) {
    ConvShape c = new ConvShape(2, 17, 33, 16, 16, 3, 2, 1);
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.poisoned(type, 1, c.batch(), c.height(), c.width(), c.in());
      Twin gradY = twins.poisoned(type, 1, c.batch(), c.outHeight(), c.outWidth(), c.out());
      Twin gradW = twins.poisoned(DType.F32, c.out(), c.kernel(), c.kernel(), c.in());
      twins.run(s -> s.ops().convBackwardWeights(c, s.at(x), s.at(gradY), s.at(gradW)));
    }
  }

  private static final ConvShape[] SPIKES = {
    new ConvShape(3, 13, 11, 32, 48, 3, 1, 1),
    new ConvShape(3, 13, 11, 32, 64, 3, 1, 1),
    new ConvShape(60, 4, 3, 64, 32, 3, 1, 1),
    new ConvShape(3, 41, 22, 32, 64, 3, 2, 1),
    new ConvShape(2, 9, 7, 32, 32, 3, 1, 2, 2),
    new ConvShape(2, 11, 10, 64, 96, 3, 2, 2, 2),
    new ConvShape(1, 12, 9, 96, 128, 5, 1, 2),
    new ConvShape(2, 6, 5, 32, 32, 2, 1, 0),
    new ConvShape(3, 5, 4, 32, 32, 3, 1, 3),
    new ConvShape(1, 1, 1, 32, 32, 3, 1, 1),
  };

  /** Spikes may go another way than real numbers, and one real number among them must not. */
  @EachDevice
  void convolutionOfSpikes(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (ConvShape shape : SPIKES) {
        int size = shape.batch() * shape.height() * shape.width() * shape.in();
        Draw draw = new Draw(5);
        double[] spikes = draw.spikes(size);
        checkConvolution(ops, type, shape, draw, spikes);
        spikes[size - 1] = Twins.round(type, 1 / 3.0);
        checkConvolution(ops, type, shape, draw, spikes);
        checkConvolution(ops, type, shape, draw, draw.integers(size, 0, 5));
        checkConvolution(ops, type, shape, draw, fewer(spikes));
      }
    }
  }

  /** Every third and no other of the numbers. */
  private static double[] fewer(double[] numbers) {
    double[] few = numbers.clone();
    for (int i = 0; i < few.length; i++) {
      few[i] = i % 3 == 0 ? few[i] : 0;
    }
    return few;
  }

  private static void checkConvolution(
      Ops ops, DType type, ConvShape c, Draw draw, double[] input) {
    int filter = c.kernel() * c.kernel();
    int outputs = c.batch() * c.outHeight() * c.outWidth();
    int[] xShape = {1, c.batch(), c.height(), c.width(), c.in()};
    int[] yShape = {1, c.batch(), c.outHeight(), c.outWidth(), c.out()};
    int[] wShape = {c.out(), c.kernel(), c.kernel(), c.in()};
    double[] weights = draw.normal(c.out() * filter * c.in());
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Twins.round(type, weights[i]);
    }
    try (Twins twins = new Twins(ops)) {
      Twin x = twins.of(type, input, xShape);
      Twin w = twins.of(DType.F32, weights, wShape);
      Twin gradY = twins.of(type, draw.normal(outputs * c.out()), yShape);
      Twin y = twins.poisoned(type, yShape);
      Twin gradX = twins.poisoned(type, xShape);
      Twin sum = twins.of(type, draw.normal(input.length), xShape);
      Twin gradW = twins.poisoned(DType.F32, wShape);
      twins.run(
          s -> {
            s.ops().conv(c, s.at(x), s.at(w), s.at(y));
            s.ops().convBackwardData(c, s.at(gradY), s.at(w), s.at(gradX), false);
            s.ops().convBackwardData(c, s.at(gradY), s.at(w), s.at(sum), true);
            s.ops().convBackwardWeights(c, s.at(x), s.at(gradY), s.at(gradW));
          });
      twins.assertClose(type + " conv " + c, y, Math.sqrt(filter * c.in()));
      twins.assertClose(type + " convBackwardData " + c, gradX, Math.sqrt(filter * c.out()));
      twins.assertSumClose(
          type + " convBackwardData, added, " + c, sum, gradX, Math.sqrt(filter * c.out()));
      // cuDNN has the gradient of 16-bit tensors in 16 bits.
      DType precision = ops.device() instanceof CudaDevice ? type : DType.F32;
      twins.assertClose(type + " convBackwardWeights " + c, gradW, Math.sqrt(outputs), precision);
    }
  }

  /** Where a library rounds weights, those that come rounded give the very same numbers. */
  @EachDevice
  void convolutionOfRoundedWeights(Ops ops) {
    Assumptions.assumeTrue(ops.device().matrix().roundsWeights(), "weights stay float32");
    for (DType type : Twins.storage(ops)) {
      for (ConvShape c : type == DType.F32 ? new ConvShape[0] : SHAPES) {
        checkRounded(ops, type, c);
      }
    }
  }

  private static void checkRounded(Ops ops, DType type, ConvShape c) {
    int[] xShape = {1, c.batch(), c.height(), c.width(), c.in()};
    int[] yShape = {1, c.batch(), c.outHeight(), c.outWidth(), c.out()};
    int[] wShape = {c.out(), c.kernel(), c.kernel(), c.in()};
    Draw draw = new Draw(7);
    try (Tensor x = ops.allocate(type, xShape);
        Tensor y = ops.allocate(type, yShape);
        Tensor w = ops.allocate(DType.F32, wShape);
        Tensor rounded = ops.allocate(type, wShape);
        Tensor gradient = ops.allocate(type, wShape)) {
      double[] inputs = draw.normal((int) x.size());
      double[] gradients = draw.normal((int) y.size());
      Twins.set(ops, w, draw.normal((int) w.size()));
      ops.convert(w, rounded);
      double[][] results = new double[4][];
      for (int i = 0; i < 2; i++) {
        Tensor weights = i == 0 ? w : rounded;
        Twins.set(ops, x, inputs);
        ops.conv(c, x, weights, y);
        results[2 * i] = Twins.values(ops, y);
        Twins.set(ops, y, gradients);
        ops.convBackwardData(c, y, weights, x, false);
        results[2 * i + 1] = Twins.values(ops, x);
      }
      Twins.set(ops, x, inputs);
      ops.convBackwardWeights(c, x, y, w);
      ops.convert(w, rounded);
      ops.convBackwardWeights(c, x, y, gradient);
      // A product into another type may be another kernel of the library.
      double[] expected = Twins.values(ops, rounded);
      double off =
          c.kernel() > 1 ? 0 : 0.01 * Arrays.stream(expected).map(Math::abs).max().orElse(0);
      assertArrayEquals(
          expected, Twins.values(ops, gradient), off, type + " convBackwardWeights " + c);
      assertArrayEquals(results[0], results[2], type + " conv " + c);
      assertArrayEquals(results[1], results[3], type + " convBackwardData " + c);
    }
  }

  @EachDevice
  void gemm(Ops ops) {
    int[][] sizes = {{1, 1, 1}, {3, 7, 5}, {16, 10, 64}, {33, 100, 20}, {64, 64, 129}};
    for (int[] mnk : sizes) {
      for (int transposed = 0; transposed < 4; transposed++) {
        for (float beta : new float[] {0, 1, -0.5f}) {
          boolean a = (transposed & 1) != 0;
          boolean b = (transposed & 2) != 0;
          checkGemm(ops, a, b, mnk[0], mnk[1], mnk[2], beta);
        }
      }
    }
  }

  private static void checkGemm(
      Ops ops, boolean transposeA, boolean transposeB, int m, int n, int k, float beta) {
    Draw draw = new Draw(m);
    try (Twins twins = new Twins(ops)) {
      Twin a = twins.of(DType.F32, draw.normal(m * k), transposeA ? k : m, transposeA ? m : k);
      Twin b = twins.of(DType.F32, draw.normal(k * n), transposeB ? n : k, transposeB ? k : n);
      Twin c =
          beta == 0
              ? twins.poisoned(DType.F32, m, n)
              : twins.of(DType.F32, draw.normal(m * n), m, n);
      twins.run(s -> s.ops().gemm(transposeA, transposeB, s.at(a), s.at(b), beta, s.at(c)));
      String what =
          String.format("gemm %s %s, %d %d %d, beta %g", transposeA, transposeB, m, n, k, beta);
      twins.assertClose(what, c, Math.sqrt(k));
    }
  }
}
