package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.ops.ReferenceLoss.Label;
import sakd.testing.Differences;
import sakd.testing.Draw;

/** Pooling, losses and optimizers of the reference, against differences and hand-written cases. */
class ReferenceFormulasTest {
  // ---- pooling ----

  @ParameterizedTest
  @CsvSource({"3, 2, 1, 7, 6", "2, 2, 0, 6, 5", "3, 1, 1, 4, 4", "2, 3, 0, 8, 5"})
  void maxPoolGradient(int size, int stride, int pad, int height, int width) {
    ReferencePool p = new ReferencePool(new Ops.Pool(size, stride, pad), height, width, 2);
    Draw draw = new Draw(size);
    double[] x = draw.normal(p.size());
    double[] g = draw.normal(p.outSize());
    byte[] winner = new byte[p.outSize()];
    p.forward(x, new double[p.outSize()], winner);
    Differences.check(
        "max pool",
        x,
        g,
        v -> {
          double[] y = new double[p.outSize()];
          p.forward(v, y, new byte[p.outSize()]);
          return y;
        },
        p.backward(g, winner));
  }

  @Test
  void maxPoolTakesTheFirstOfEqualsAndEveryNan() {
    ReferencePool p = new ReferencePool(new Ops.Pool(2, 2, 0), 2, 4, 1);
    double[] y = new double[2];
    byte[] winner = new byte[2];
    p.forward(new double[] {1, 1, 5, Double.NaN, 0, 1, 6, 7}, y, winner);
    assertArrayEquals(new double[] {1, Double.NaN}, y);
    assertArrayEquals(new byte[] {0, 1}, winner);
  }

  @Test
  void maxPoolSeesNoPadding() {
    ReferencePool p = new ReferencePool(new Ops.Pool(3, 2, 1), 3, 3, 1);
    double[] y = new double[4];
    byte[] winner = new byte[4];
    p.forward(new double[] {-9, -8, -7, -6, -5, -4, -3, -2, -1}, y, winner);
    assertArrayEquals(new double[] {-5, -4, -2, -1}, y);
    assertArrayEquals(new byte[] {8, 7, 5, 4}, winner);
  }

  // ---- pictures ----

  @ParameterizedTest
  @CsvSource({"5, 4, 3, 9", "1, 3, 4, 1", "7, 7, 7, 2"})
  void resizeGradient(int height, int width, int outHeight, int outWidth) {
    for (Resize kind : Resize.values()) {
      ReferenceResize r = new ReferenceResize(kind, height, width, outHeight, outWidth, 2);
      Draw draw = new Draw(height);
      double[] x = draw.normal(2 * height * width * 2);
      double[] g = draw.normal(2 * outHeight * outWidth * 2);
      Differences.check("resize " + kind, x, g, r::forward, r.backward(g));
    }
  }

  @Test
  void pixelLossGradient() {
    Draw draw = new Draw(9);
    byte[] labels = {2, 0, (byte) 255, 1, 3, 2};
    ReferencePixels pixels = new ReferencePixels(3, labels);
    assertEquals(4, pixels.counted());
    double[] z = draw.normal(18, 0, 3);
    double[] q = draw.normal(18, 0, 3);
    Differences.check(
        "pixel loss",
        z,
        new double[] {0.5, 2},
        v -> pixels.losses(4, v, q, 3, 0.2),
        pixels.gradient(4, z, q, 0.5, 2, 3, 0.2));
  }

  // ---- detection ----

  /** Two pictures of three anchors, the second without an object. */
  private static final ReferenceDetection DETECTION =
      new ReferenceDetection(new int[] {1, -2, 0, -1, -1, -2}, new int[] {2, 0});

  @ParameterizedTest
  @CsvSource({"1, 0, 1", "0, 1, 1", "0.5, 2, 3"})
  void focalLossGradient(double weight, double kdWeight, double temperature) {
    Draw draw = new Draw(4);
    double[] z = draw.normal(18, 0, 3);
    int[] labels = {2, 1, 0, 0};
    double[] confidence = draw.uniform(6, 0, 1);
    ReferenceDetection.Teacher teacher =
        ReferenceDetection.Teacher.of(draw.normal(18, 0, 3), confidence, 0, 2.5);
    Differences.check(
        "focal loss",
        z,
        new double[] {weight, kdWeight},
        v -> losses(DETECTION.focal(v, labels, teacher, 1, 1, temperature)),
        DETECTION.focal(z, labels, teacher, weight, kdWeight, temperature).gradient());
  }

  @Test
  void boxLossGradient() {
    Draw draw = new Draw(5);
    double[] anchors = {0, 0, 8, 16, -4, 2, 12, 8, 5, 5, 9, 9};
    double[] boxes = {1, 2, 8, 9, 0, 0, 5, 9, 0, 0, 0, 0, 0, 0, 0, 0};
    double[] deltas = draw.normal(24);
    double[] confidence = {0.2, 0.7, 0.8, 0.1, 0.9, 0.3};
    ReferenceDetection.Teacher teacher =
        ReferenceDetection.Teacher.of(draw.normal(24), confidence, 0.7, 2.4);
    Differences.check(
        "box loss",
        deltas,
        new double[] {0.5, 2},
        v -> losses(DETECTION.boxes(v, anchors, boxes, teacher, 1, 1)),
        DETECTION.boxes(deltas, anchors, boxes, teacher, 0.5, 2).gradient());
  }

  private static double[] losses(ReferenceDetection.Result result) {
    return new double[] {result.hard(), result.soft()};
  }

  // ---- losses ----

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 0, 1",
    "1, 0, 1, 0.1, 1",
    "0, 1, 4, 0, 1",
    "0.7, 10, 1, 0, 1",
    "0.5, 2, 3, 0.2, 1",
    "0.5, 2, 3, 0.2, 0.3"
  })
  void softmaxLossGradient(
      double ce, double kl, double temperature, double smoothing, double share) {
    Label label = new Label(2, 5, share);
    Draw draw = new Draw(5);
    double[] z = draw.normal(7, 0, 3);
    double[] q = draw.normal(7, 0, 3);
    Differences.check(
        "softmax loss",
        z,
        new double[] {ce, kl},
        v ->
            new double[] {
              ReferenceLoss.crossEntropy(v, label, smoothing),
              ReferenceLoss.divergence(v, q, temperature)
            },
        ReferenceLoss.gradient(z, q, label, ce, kl, temperature, smoothing));
  }

  @Test
  void softmaxLossOfKnownProbabilities() {
    double[] z = {Math.log(0.5), Math.log(0.25), Math.log(0.25)};
    assertEquals(Math.log(4), ReferenceLoss.crossEntropy(z, Label.of(1), 0), 1e-12);
    // Targets 0.1, 0.8, 0.1.
    assertEquals(
        0.1 * Math.log(2) + 0.9 * Math.log(4),
        ReferenceLoss.crossEntropy(z, Label.of(1), 0.3),
        1e-12);
    // Mixed: 0.1 + 0.7 * 0.6, 0.1 + 0.7 * 0.4 and 0.1 of the three.
    assertEquals(
        0.52 * Math.log(2) + 0.48 * Math.log(4),
        ReferenceLoss.crossEntropy(z, new Label(0, 1, 0.6), 0.3),
        1e-12);
    double[] q = {Math.log(0.25), Math.log(0.5), Math.log(0.25)};
    assertEquals(0.25 * Math.log(2), ReferenceLoss.divergence(z, q, 1), 1e-12);
    assertEquals(0, ReferenceLoss.divergence(z, z, 4), 1e-12);
    double[] sure = {Double.NEGATIVE_INFINITY, 0, Double.NEGATIVE_INFINITY};
    assertEquals(Math.log(4), ReferenceLoss.divergence(z, sure, 1), 1e-12);
  }

  @Test
  void largeLogitsDoNotOverflow() {
    double[] z = {1000, 0, -1000};
    assertEquals(0, ReferenceLoss.crossEntropy(z, Label.of(0), 0), 1e-12);
    assertEquals(2000, ReferenceLoss.crossEntropy(z, Label.of(2), 0), 1e-9);
  }

  @Test
  void rankCountsTheClassesAhead() {
    double[] z = {1, 3, 3, Double.NaN, -1};
    assertEquals(3, ReferenceLoss.rank(z, 0));
    assertEquals(1, ReferenceLoss.rank(z, 1));
    assertEquals(2, ReferenceLoss.rank(z, 2));
    assertEquals(4, ReferenceLoss.rank(z, 3));
    assertEquals(4, ReferenceLoss.rank(z, 4));
  }

  // ---- optimizers ----

  @Test
  void twoStepsOfSgd() {
    double[] w = {2};
    double[] m = {0};
    double[] schedule = {0.1, 0.5, 0, 0};
    // g = 0.5 * 4 + 0.25 * 2 = 2.5, m = 2.5, w = 2 - 0.1 * 2.5
    ReferenceOptimizer.sgd(w, new double[] {4}, m, schedule, 0.5, 0.25, false);
    assertArrayEquals(new double[] {1.75}, w, 1e-12);
    // g = 0.5 * 1 + 0.25 * 1.75 = 0.9375, m = 2.1875, w = 1.75 - 0.1 (0.9375 + 0.5 * 2.1875)
    ReferenceOptimizer.sgd(w, new double[] {1}, m, schedule, 0.5, 0.25, true);
    assertArrayEquals(new double[] {2.1875}, m, 1e-12);
    assertArrayEquals(new double[] {1.546875}, w, 1e-12);
  }

  @Test
  void twoStepsOfAdamw() {
    double[] w = {1, -2};
    double[] m = {0, 0};
    double[] v = {0, 0};
    double[][] gradients = {{3, -0.5}, {-1, 0.25}};
    double[] expected = w.clone();
    double[] mean = {0, 0};
    double[] square = {0, 0};
    for (int step = 1; step <= 2; step++) {
      double[] schedule = {0.01, 2, 1 - Math.pow(0.9, step), 1 - Math.pow(0.99, step)};
      ReferenceOptimizer.adamw(w, gradients[step - 1], m, v, schedule, 0.9, 0.99, 1e-8, 0.05);
      for (int i = 0; i < 2; i++) {
        double g = 2 * gradients[step - 1][i];
        mean[i] = 0.9 * mean[i] + 0.1 * g;
        square[i] = 0.99 * square[i] + 0.01 * g * g;
        double mHat = mean[i] / (1 - Math.pow(0.9, step));
        double vHat = square[i] / (1 - Math.pow(0.99, step));
        expected[i] *= 1 - 0.01 * 0.05;
        expected[i] -= 0.01 * mHat / (Math.sqrt(vHat) + 1e-8);
      }
    }
    assertArrayEquals(expected, w, 1e-12);
  }

  @Test
  void clippingActsAboveTheNormOnly() {
    // The gradient's norm is sqrt(64) / 2 = 4.
    assertEquals(0.125, factor(64, 1), 1e-6);
    assertEquals(0.5, factor(64, 5), 0);
  }

  private static double factor(double squares, double maxNorm) {
    double[] schedule = new double[6];
    ReferenceOptimizer.beginStep(squares, schedule, new double[] {2, 0}, maxNorm, 0.9, 0.99, 0);
    return schedule[1];
  }

  @Test
  void biasCorrectionsCountTheStepsTaken() {
    double[] schedule = new double[6];
    double[] scaling = {4, 0};
    for (double squares : new double[] {1, Double.NaN, 1, Double.POSITIVE_INFINITY, 1}) {
      ReferenceOptimizer.beginStep(squares, schedule, scaling, 0, 0.9, 0.99, 100);
    }
    assertEquals(1 - Math.pow(0.9, 3), schedule[2], 1e-12);
    assertEquals(1 - Math.pow(0.99, 3), schedule[3], 1e-12);
    assertArrayEquals(new double[] {1, 1}, scaling);
    assertEquals(2, schedule[5]);
  }

  // ---- input ----

  @Test
  void augmentMovesFlipsAndNormalises() {
    // One channel, 2 x 3: rows 0 51 102 and 153 204 255, a fifth apart.
    byte[] image = {0, 51, 102, (byte) 153, (byte) 204, (byte) 255};
    ReferenceAugment augment =
        new ReferenceAugment(1, 2, 3, new double[] {0.2}, new double[] {0.5});
    assertArrayEquals(
        new double[] {-0.4, 0, 0.4, 0.8, 1.2, 1.6},
        augment.apply(image, 0, 0, false, false),
        1e-12);
    assertArrayEquals(
        new double[] {0.4, 0, -0.4, 1.6, 1.2, 0.8}, augment.apply(image, 0, 0, true, false), 1e-12);
    // One down and one right; outside is black.
    assertArrayEquals(
        new double[] {1.2, 1.6, -0.4, -0.4, -0.4, -0.4},
        augment.apply(image, 1, 1, false, false),
        1e-12);
    // The same crop, then flipped.
    assertArrayEquals(
        new double[] {-0.4, 1.6, 1.2, -0.4, -0.4, -0.4},
        augment.apply(image, 1, 1, true, false),
        1e-12);
    // torch.roll(image, (-1, -1), (0, 1)).
    assertArrayEquals(
        new double[] {1.2, 1.6, 0.8, 0, 0.4, -0.4}, augment.apply(image, 1, 1, false, true), 1e-12);
  }

  @Test
  void mixingIsOfTheBoxAlone() {
    ReferenceAugment augment =
        new ReferenceAugment(1, 2, 3, new double[] {0.2}, new double[] {0.5});
    double[] mixed = {1, 2, 3, 4, 5, 6};
    double[] other = {10, 20, 30, 40, 50, 60};
    augment.mix(mixed, other, new double[] {0.4, 0.5, 1, 2, 1, 3});
    assertArrayEquals(new double[] {1, 2, 3, 4, 27.5, 33}, mixed, 1e-12);
  }
}
