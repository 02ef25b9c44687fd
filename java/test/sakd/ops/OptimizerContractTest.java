package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Side;
import sakd.testing.Twins.Twin;

/** Optimizers, on every device; learning rates so large that every term of a step shows. */
class OptimizerContractTest {
  private static final int[] SIZES = {1, 7, 64, 1000, 40_001};

  private static Twin floats(Twins twins, double[] values) {
    return twins.of(DType.F32, values, values.length);
  }

  private static void sgd(
      Side s, Twin w, Twin grad, Twin m, Twin schedule, Twin decay, boolean nesterov) {
    s.ops().sgd(s.at(w), s.at(grad), s.at(m), s.at(schedule), s.at(decay), 0.9f, nesterov);
  }

  private static void adamw(Side s, Twin w, Twin grad, Twin m, Twin v, Twin schedule, Twin decay) {
    s.ops()
        .adamw(
            s.at(w),
            s.at(grad),
            s.at(m),
            s.at(v),
            s.at(schedule),
            s.at(decay),
            0.9f,
            0.999f,
            0.01f);
  }

  @EachDevice
  void sgd(Ops ops) {
    for (int n : SIZES) {
      for (boolean nesterov : new boolean[] {false, true}) {
        Draw draw = new Draw(n);
        try (Twins twins = new Twins(ops)) {
          Twin w = floats(twins, draw.normal(n));
          Twin grad = floats(twins, draw.normal(n));
          Twin m = floats(twins, draw.normal(n));
          Twin schedule = floats(twins, new double[] {0.5, 0.7, 1, 1, 1, 0});
          Twin decay = twins.scalar(0.25);
          twins.run(s -> sgd(s, w, grad, m, schedule, decay, nesterov));
          twins.assertClose("sgd w", w);
          twins.assertClose("sgd momentum", m);
          twins.assertExact("sgd grad", grad);
        }
      }
    }
  }

  @EachDevice
  void adamw(Ops ops) {
    for (int n : SIZES) {
      Draw draw = new Draw(n);
      try (Twins twins = new Twins(ops)) {
        Twin w = floats(twins, draw.normal(n));
        Twin grad = floats(twins, draw.normal(n));
        Twin m = floats(twins, draw.normal(n));
        Twin v = floats(twins, draw.uniform(n, 0, 2));
        Twin schedule = floats(twins, new double[] {0.5, 0.7, 0.271, 0.002997, 1, 0});
        Twin decay = twins.scalar(0.25);
        twins.run(s -> adamw(s, w, grad, m, v, schedule, decay));
        twins.assertClose("adamw w", w);
        twins.assertClose("adamw m", m);
        twins.assertClose("adamw v", v);
      }
    }
  }

  /** Each row has its own, and leaves alone what decays by 0. */
  @EachDevice
  void weightDecayOfRows(Ops ops) {
    for (int[] shape : new int[][] {{1, 16}, {5, 48}, {41, 1024}}) {
      int n = shape[0] * shape[1];
      Draw draw = new Draw(n);
      try (Twins twins = new Twins(ops)) {
        Twin w = twins.of(DType.F32, draw.normal(n), shape);
        Twin grad = twins.of(DType.F32, draw.normal(n), shape);
        Twin m = twins.of(DType.F32, draw.normal(n), shape);
        Twin v = twins.of(DType.F32, draw.uniform(n, 0, 2), shape);
        Twin schedule = floats(twins, new double[] {0.5, 0.7, 0.271, 0.002997, 1, 0});
        double[] rows = draw.uniform(shape[0], 0, 1);
        rows[shape[0] / 2] = 0;
        Twin decay = floats(twins, rows);
        twins.run(s -> sgd(s, w, grad, m, schedule, decay, true));
        twins.assertClose("sgd w", w);
        twins.assertClose("sgd momentum", m);
        twins.run(s -> adamw(s, w, grad, m, v, schedule, decay));
        twins.assertClose("adamw w", w);
        // Without a gradient and its averages, AdamW's decay is all that is left.
        double[] before = twins.values(w);
        twins.set(grad, new double[n]);
        twins.set(m, new double[n]);
        twins.run(s -> adamw(s, w, grad, m, v, schedule, decay));
        twins.assertClose("decayed", w);
        double[] after = twins.values(w);
        for (int i = 0; i < n; i++) {
          double expected = before[i] * (1 - 0.5 * rows[i / shape[1]]);
          assertEquals(expected, after[i], 1e-6 * Math.abs(before[i]), "element " + i);
        }
      }
    }
  }

  @EachDevice
  void ema(Ops ops) {
    for (int n : SIZES) {
      Draw draw = new Draw(n);
      try (Twins twins = new Twins(ops)) {
        Twin w = floats(twins, draw.normal(n));
        Twin average = floats(twins, draw.normal(n));
        Twin schedule = floats(twins, new double[] {0, 0, 0, 0, 1, 0});
        twins.run(s -> s.ops().ema(s.at(w), s.at(average), s.at(schedule), 0.75f));
        twins.assertClose("ema", average);
      }
    }
  }

  @EachDevice
  void sumSquares(Ops ops) {
    for (int n : SIZES) {
      try (Twins twins = new Twins(ops)) {
        Twin x = floats(twins, new Draw(n).normal(n));
        Twin out = twins.poisoned(DType.F32, 1);
        twins.run(s -> s.ops().sumSquares(s.at(x), s.at(out)));
        twins.assertClose("sum of " + n + " squares", out);
      }
    }
  }

  @EachDevice
  void aSkippedStepChangesNothing(Ops ops) {
    Draw draw = new Draw(1);
    try (Twins twins = new Twins(ops)) {
      Twin broken = floats(twins, new double[] {Double.NaN, 1, Double.POSITIVE_INFINITY});
      Twin skipped = floats(twins, new double[] {0.5, Double.NaN, 0.3, 0.4, 0, 1});
      double[][] before = {draw.normal(3), draw.normal(3), draw.uniform(3, 0, 2), draw.normal(3)};
      Twin w = floats(twins, before[0]);
      Twin m = floats(twins, before[1]);
      Twin v = floats(twins, before[2]);
      Twin average = floats(twins, before[3]);
      Twin decay = twins.scalar(0.25);
      twins.run(s -> sgd(s, w, broken, m, skipped, decay, true));
      twins.run(s -> adamw(s, w, broken, m, v, skipped, decay));
      twins.run(s -> s.ops().ema(s.at(broken), s.at(average), s.at(skipped), 0.75f));
      Twin[] after = {w, m, v, average};
      for (int i = 0; i < after.length; i++) {
        twins.assertExact("what a skipped step leaves", after[i]);
        for (int k = 0; k < 3; k++) {
          assertEquals((float) before[i][k], twins.values(after[i])[k]);
        }
      }
    }
  }

  @EachDevice
  void beginStepClips(Ops ops) {
    for (float maxNorm : new float[] {0, 0.5f, 5}) {
      checkSteps(ops, maxNorm, 0, 9, 4, 9);
    }
  }

  /** Without loss scaling no step is taken any more after a broken one. */
  @EachDevice
  void beginStepStopsAtABrokenGradient(Ops ops) {
    checkSteps(ops, 0, 0, 9, Double.NaN, 9, 9);
    checkSteps(ops, 1, 0, 9, Double.POSITIVE_INFINITY, 9);
  }

  /** Grows after three steps in a row, halves at each overflow. */
  @EachDevice
  void beginStepScalesTheLoss(Ops ops) {
    double inf = Double.POSITIVE_INFINITY;
    checkSteps(ops, 0, 3, 9, 9, 9, 9, inf, 9, 9, Double.NaN, inf, 9, 9, 9, 9);
    checkSteps(ops, 2, 3, 9, 1e12, inf, 9);
  }

  private static void checkSteps(
      Ops ops, float maxNorm, int growthInterval, double... squaresOfSteps) {
    try (Twins twins = new Twins(ops)) {
      Twin squares = twins.scalar(0);
      Twin schedule = floats(twins, new double[] {0.1, 0, 0, 0, 1, 0});
      Twin scaling = floats(twins, new double[] {growthInterval > 0 ? 1024 : 1, 0});
      for (double value : squaresOfSteps) {
        twins.set(squares, new double[] {value});
        twins.run(
            s ->
                s.ops()
                    .beginStep(
                        s.at(squares),
                        s.at(schedule),
                        s.at(scaling),
                        maxNorm,
                        0.9f,
                        0.999f,
                        growthInterval));
        twins.assertRowsClose("schedule after " + value, schedule, 6);
        twins.assertExact("loss scale after " + value, scaling);
      }
    }
  }
}
