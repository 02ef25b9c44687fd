package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.ThreadRanks;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** The loss of pixels and their confusion, on every device. */
class PixelContractTest {
  /** One pixel in five is ignored. */
  private static double[] labels(Draw draw, int pixels, int classes) {
    double[] labels = draw.integers(pixels, 0, classes);
    double[] chance = draw.uniform(pixels, 0, 1);
    for (int i = 0; i < pixels; i++) {
      labels[i] = chance[i] < 0.2 ? Targets.IGNORED : labels[i];
    }
    return labels;
  }

  @EachDevice
  void loss(Ops ops) {
    for (int classes : new int[] {1, 2, 21, 151}) {
      for (int[] size : new int[][] {{1, 1}, {1, 13}, {8, 8}, {37, 29}}) {
        check(ops, size, classes, 1, 0, 1, 0, 3);
        check(ops, size, classes, 0.7f, 10, 2, 0.1f, 3);
        check(ops, size, classes, 0, 1, 4, 0, 3);
        // Logits that overflow exp unless the largest is taken off.
        check(ops, size, classes, 1, 1, 1, 0.1f, 200);
      }
    }
  }

  /** More pixels than are added up at a time. */
  @EachDevice
  void lossOfManyPixels(Ops ops) {
    check(ops, new int[] {300, 301}, 3, 1, 1, 2, 0, 2);
  }

  private static void check(
      Ops ops,
      int[] size,
      int classes,
      float ce,
      float kl,
      float temperature,
      float smoothing,
      double spread) {
    Draw draw = new Draw(classes);
    int pixels = 2 * size[0] * size[1];
    int[] shape = {2, size[0], size[1], classes};
    try (Twins twins = new Twins(ops)) {
      Twin z = twins.of(DType.F32, draw.normal(pixels * classes, 5, spread), shape);
      Twin q =
          kl == 0 ? null : twins.of(DType.F32, draw.normal(pixels * classes, -2, spread), shape);
      double[] y = labels(draw, pixels, classes);
      Twin labels = twins.of(DType.U8, y, 2, size[0], size[1]);
      Twin divisor = classes % 2 == 0 ? twins.scalar(0.75 * pixels) : null;
      Twin scale = twins.scalar(0.5);
      Twin losses = twins.poisoned(DType.F32, 1, 2);
      Twin hits = twins.poisoned(DType.I32, 2);
      Twin grad = twins.poisoned(DType.F32, shape);
      twins.run(
          s ->
              s.ops()
                  .pixelLoss(
                      s.at(z),
                      s.at(q),
                      s.at(labels),
                      s.at(divisor),
                      s.at(scale),
                      ce,
                      kl,
                      temperature,
                      smoothing,
                      s.at(losses),
                      s.at(hits),
                      s.at(grad)));
      String what = "loss of " + pixels + " pixels, " + classes + " classes, T " + temperature;
      twins.assertClose(what, losses, 0.1);
      twins.assertExact(what + ", hits", hits);
      // Logits of 200 are known to 1e-5 in float32, and so are the probabilities.
      twins.assertClose(what + ", grad", grad, spread / 3 * (ce + kl) / pixels);
    }
  }

  @EachDevice
  void countOfPixels(Ops ops) {
    for (int pixels : new int[] {1, 37, 40_000}) {
      try (Twins twins = new Twins(ops)) {
        Twin labels = twins.of(DType.U8, labels(new Draw(pixels), pixels, 7), 1, 1, pixels);
        Twin count = twins.poisoned(DType.F32, 1);
        twins.run(s -> s.ops().countPixels(s.at(labels), 5, s.at(count)));
        twins.assertExact(pixels + " pixels", count);
      }
    }
  }

  /** Three ranks with other numbers of samples; together they have 60 pixels in 10 samples. */
  @EachDevice
  void shareOfRanks(Ops ops) {
    Assumptions.assumeTrue(ops instanceof KernelOps && CpuDevice.hasCompiler());
    checkShares(ThreadRanks.beside(ops.device(), 3, PixelContractTest::share));
    checkShares(ThreadRanks.onReference(3, PixelContractTest::share));
  }

  private static double[] share(Ops ops) {
    try (Tensor x = ops.allocate(DType.F32, 2)) {
      Twins.set(ops, x, new double[] {new int[] {10, 0, 50}[ops.rank()], 0});
      ops.shareOfRanks(x, new int[] {5, 1, 4}[ops.rank()]);
      return Twins.values(ops, x);
    }
  }

  private static void checkShares(List<double[]> ranks) {
    assertArrayEquals(new double[] {30, 0}, ranks.get(0), 1e-5);
    assertArrayEquals(new double[] {6, 0}, ranks.get(1), 1e-5);
    assertArrayEquals(new double[] {24, 0}, ranks.get(2), 1e-5);
  }

  /** Ignored pixels, those of classes that are not there and NaNs in them: zeros, not NaN. */
  @EachDevice
  void nothingCounts(Ops ops) {
    double[] broken = new double[40 * 3];
    Arrays.fill(broken, Double.NaN);
    double[] y = new double[40];
    for (int i = 0; i < y.length; i++) {
      y[i] = i % 2 == 0 ? Targets.IGNORED : 3 + i;
    }
    try (Twins twins = new Twins(ops)) {
      Twin z = twins.of(DType.F32, broken, 1, 5, 8, 3);
      Twin labels = twins.of(DType.U8, y, 1, 5, 8);
      Twin one = twins.scalar(1);
      Twin losses = twins.poisoned(DType.F32, 1, 2);
      Twin hits = twins.poisoned(DType.I32, 2);
      Twin grad = twins.poisoned(DType.F32, 1, 5, 8, 3);
      Twin counts = twins.of(DType.I32, new double[9], 3, 3);
      twins.run(
          s -> {
            Tensor logits = s.at(z);
            s.ops()
                .pixelLoss(
                    logits,
                    logits,
                    s.at(labels),
                    null,
                    s.at(one),
                    1,
                    1,
                    2,
                    0.1f,
                    s.at(losses),
                    s.at(hits),
                    s.at(grad));
            s.ops().confusion(logits, s.at(labels), s.at(counts));
          });
      twins.assertExact("losses", losses);
      twins.assertExact("hits", hits);
      twins.assertExact("grad", grad);
      twins.assertExact("counts", counts);
    }
  }

  /** A NaN shows in the loss and is no hit; a class that the teacher rules out adds nothing. */
  @EachDevice
  void brokenLogits(Ops ops) {
    int pixels = 35;
    double[] q = new Draw(1).normal(pixels * 3);
    double[] y = new double[pixels];
    for (int i = 0; i < pixels; i++) {
      q[3 * i + 1] = Double.NEGATIVE_INFINITY;
      y[i] = i % 3;
    }
    for (int broken : new int[] {-1, 0, 3 * pixels - 1}) {
      double[] z = new Draw(2).normal(pixels * 3);
      if (broken >= 0) {
        z[broken] = Double.NaN;
      }
      try (Twins twins = new Twins(ops)) {
        Twin logits = twins.of(DType.F32, z, 1, 5, 7, 3);
        Twin teacher = twins.of(DType.F32, q, 1, 5, 7, 3);
        Twin labels = twins.of(DType.U8, y, 1, 5, 7);
        Twin one = twins.scalar(1);
        Twin losses = twins.poisoned(DType.F32, 1, 2);
        Twin hits = twins.poisoned(DType.I32, 2);
        Twin grad = twins.of(DType.F32, new double[3 * pixels], 1, 5, 7, 3);
        twins.run(
            s ->
                s.ops()
                    .pixelLoss(
                        s.at(logits),
                        s.at(teacher),
                        s.at(labels),
                        null,
                        s.at(one),
                        1,
                        1,
                        2,
                        0,
                        s.at(losses),
                        s.at(hits),
                        s.at(grad)));
        twins.assertClose("losses", losses);
        twins.assertExact("hits", hits);
        twins.assertClose("grad", grad, 0.1);
      }
    }
  }

  /** Twice, as counts are added; whole numbers, of which many are equal, and NaNs. */
  @EachDevice
  void confusion(Ops ops) {
    for (int classes : new int[] {1, 2, 21, 151}) {
      for (int pixels : new int[] {1, 37, 5000}) {
        Draw draw = new Draw(pixels);
        double[] logits = draw.integers(pixels * classes, -3, 4);
        logits[0] = Double.NaN;
        logits[pixels * classes / 2] = Double.NaN;
        try (Twins twins = new Twins(ops)) {
          Twin z = twins.of(DType.F32, logits, 1, 1, pixels, classes);
          Twin labels = twins.of(DType.U8, labels(draw, pixels, classes), 1, 1, pixels);
          Twin counts =
              twins.of(DType.I32, draw.integers(classes * classes, 0, 9), classes, classes);
          for (int i = 0; i < 2; i++) {
            twins.run(s -> s.ops().confusion(s.at(z), s.at(labels), s.at(counts)));
          }
          twins.assertExact(classes + " classes, " + pixels + " pixels", counts);
        }
      }
    }
  }
}
