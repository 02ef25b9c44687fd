package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import sakd.device.DType;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/** The losses between time steps, on every device. */
class StepLossContractTest {
  private static final StepTerms ALL = new StepTerms(1, 0.5f, 0.3f, 2, 0.1f);

  /** Each term alone, and all. */
  private static final List<StepTerms> KINDS =
      List.of(
          new StepTerms(1, 0, 0, 0, 0),
          new StepTerms(0, 1, 0, 0, 0),
          new StepTerms(0, 0, 0.3f, 0, 0),
          new StepTerms(0, 0, 0, 0.5f, 0),
          new StepTerms(0, 0, 0, 0, 0.1f),
          ALL);

  /** One set of logits, and what comes of it. */
  private static final class Case implements AutoCloseable {
    private final Twins twins;
    private final Twin logits;
    private final Twin labels;
    private final Twin scale;
    private final Twin losses;
    private final Twin grad;

    Case(Ops ops, int steps, int samples, int classes, double[] values, double[] labels) {
      twins = new Twins(ops);
      logits = twins.of(DType.F32, values, steps, samples, classes);
      this.labels = twins.of(DType.I32, labels, samples);
      scale = twins.scalar(0.5);
      losses = twins.poisoned(DType.F32, samples, StepTerms.COUNT);
      grad = twins.poisoned(DType.F32, steps, samples, classes);
    }

    void run(StepTerms weights, Twin mix) {
      twins.run(
          s ->
              s.ops()
                  .stepLosses(
                      s.at(logits),
                      s.at(labels),
                      s.at(mix),
                      s.at(scale),
                      weights,
                      3,
                      s.at(losses),
                      s.at(grad)));
    }

    @Override
    public void close() {
      twins.close();
    }
  }

  @EachDevice
  void everyTerm(Ops ops) {
    for (int steps : new int[] {1, 2, 5, Neuron.MAX_STEPS}) {
      for (int classes : new int[] {2, 11, 1000}) {
        int samples = 7;
        Draw draw = new Draw(steps * classes);
        double[] values = draw.normal(steps * samples * classes, 1, 3);
        double[] labels = draw.integers(samples, 0, classes);
        for (int n = 0; n < samples - 1; n++) {
          // Some steps of all samples but the last are right.
          for (int t = n % 2; t < steps; t += 2) {
            values[(t * samples + n) * classes + (int) labels[n]] += classes < 100 ? 9 : 16;
          }
        }
        try (Case c = new Case(ops, steps, samples, classes, values, labels)) {
          for (StepTerms weights : KINDS) {
            c.run(weights, null);
            String what = weights + " of [" + steps + ", " + samples + ", " + classes + "]";
            c.twins.assertClose(what, c.losses);
            c.twins.assertClose(what + ", grad", c.grad, 1.0 / samples / steps);
          }
          double[] losses = c.twins.values(c.losses);
          for (int i = 0; i < StepTerms.COUNT; i++) {
            boolean isEntropy = i == StepTerms.COUNT - 1;
            assertTrue(steps == 1 && !isEntropy ? losses[i] == 0 : losses[i] > 0, "term " + i);
          }
        }
      }
    }
  }

  /**
   * Losses and gradient as PyTorch 2 computes them in double precision from the published formulas,
   * by autograd with detached targets.
   */
  @EachDevice
  void asPyTorchComputesThem(Ops ops) {
    double[] logits = {
      -2.5, 0, 0.25, -1.75, -0.25, -1, 1.75, 2.25, //
      0.5, 2.25, 1.75, -1, -0.25, -1.75, 0.25, 0, //
      -2.5, -1.5, 3, -0.5, -0.5, 3, -1.5, -2.5
    };
    double[] losses = {
      1.1734145, 1.50267478, 1.02517789, 0.91811741, 0.740856367, //
      4.24908471, 3.83367012, 1.46665742, 1.94617229, 0.786065973
    };
    double[] grad = {
      -0.011111582, 0.239505699, -0.303754147, 0.0753600302, //
      -0.00928219012, -0.0112211734, -0.000711609847, 0.0212149733, //
      -0.00116714915, 0.0149442291, -0.0124651469, -0.001311933, //
      0.216501777, -0.606342343, 0.238986192, 0.150854375, //
      -0.136135626, -0.370683066, 0.456822593, 0.0499960991, //
      -0.0475851744, 0.775234329, -0.31804577, -0.409603385
    };
    try (Case c = new Case(ops, 3, 2, 4, logits, new double[] {1, 3})) {
      c.twins.set(c.scale, new double[] {1});
      c.run(ALL, null);
      assertArrayEquals(losses, c.twins.values(c.losses), 1e-6);
      assertArrayEquals(grad, c.twins.values(c.grad), 1e-6);
      c.twins.assertClose("losses", c.losses);
      c.twins.assertClose("grad", c.grad);
    }
  }

  /** The label of a mixed sample is the one with the larger share. */
  @EachDevice
  void mixedSamples(Ops ops) {
    int samples = 5;
    int classes = 4;
    Draw draw = new Draw(3);
    double[] values = draw.normal(3 * samples * classes, 0, 3);
    double[] labels = {0, 1, 2, 3, 1};
    try (Case c = new Case(ops, 3, samples, classes, values, labels)) {
      Twin mix = c.twins.of(DType.F32, new double[6], 6);
      for (double share : new double[] {1, 0.7, 0.5, 0.2}) {
        c.twins.set(mix, new double[] {share, 0, 0, 0, 0, 0});
        c.run(ALL, mix);
        double[] mixed = c.twins.values(c.losses);
        c.twins.assertClose("losses, mixed by " + share, c.losses);
        c.twins.assertClose("grad, mixed by " + share, c.grad, 0.1);
        double[] own = labels.clone();
        for (int n = 0; n < samples && share < 0.5; n++) {
          own[n] = labels[samples - 1 - n];
        }
        try (Case other = new Case(ops, 3, samples, classes, values, own)) {
          other.run(ALL, null);
          assertEquals(Arrays.toString(other.twins.values(other.losses)), Arrays.toString(mixed));
        }
      }
    }
  }

  /** Logits that overflow exp unless the largest is taken off; infinite and broken ones. */
  @EachDevice
  void largeAndBrokenLogits(Ops ops) {
    double none = Double.NEGATIVE_INFINITY;
    double[] values = {
      300,
      200,
      -100,
      1,
      none,
      3,
      1,
      2,
      3, //
      299.5,
      299,
      0,
      2,
      none,
      3,
      4,
      5,
      Double.NaN
    };
    try (Case c = new Case(ops, 2, 3, 3, values, new double[] {0, 2, 2})) {
      c.run(ALL, null);
      c.twins.assertClose("losses", c.losses);
      double[] losses = c.twins.values(c.losses);
      for (int i = 0; i < losses.length; i++) {
        assertEquals(i >= 2 * StepTerms.COUNT, Double.isNaN(losses[i]), "loss " + i);
      }
      double[] grad = c.twins.values(c.grad);
      for (int i = 0; i < grad.length; i++) {
        assertEquals(i / 3 % 3 == 2, Double.isNaN(grad[i]), "gradient " + i);
      }
      c.twins.assertClose("grad", c.grad, 0.3);
    }
  }
}
