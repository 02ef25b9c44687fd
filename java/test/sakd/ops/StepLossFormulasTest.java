package sakd.ops;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.testing.Differences;
import sakd.testing.Draw;

/** The losses between time steps of the reference, against differences. */
class StepLossFormulasTest {
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, 0, 0",
    "0, 1, 0, 0, 0",
    "0, 0, 1, 0, 0",
    "0, 0, 0, 1, 0",
    "0, 0, 0, 0, 1",
    "0.5, 2, 0.3, 0.7, 0.1"
  })
  void gradient(float s2w, float w2s, float prefix, float right, float entropy) {
    StepTerms weights = new StepTerms(s2w, w2s, prefix, right, entropy);
    int steps = 4;
    int classes = 5;
    double[] flat = new Draw(7).normal(steps * classes, 0, 2);
    flat[3] += 5;
    flat[2 * classes + 3] += 5;
    double[][] s = rows(flat, steps);
    ReferenceStepLosses.Targets targets = ReferenceStepLosses.targets(s, 3);
    double[] on = weights.byName().values().stream().mapToDouble(w -> w).toArray();
    double[] gradient = flatten(ReferenceStepLosses.gradient(s, 3, weights, 3));
    Differences.check(
        weights.toString(),
        flat,
        on,
        v -> ReferenceStepLosses.terms(rows(v, steps), targets, 3),
        gradient);
  }

  private static double[][] rows(double[] flat, int steps) {
    int classes = flat.length / steps;
    double[][] s = new double[steps][classes];
    for (int i = 0; i < flat.length; i++) {
      s[i / classes][i % classes] = flat[i];
    }
    return s;
  }

  private static double[] flatten(double[][] rows) {
    double[] flat = new double[rows.length * rows[0].length];
    for (int t = 0; t < rows.length; t++) {
      System.arraycopy(rows[t], 0, flat, t * rows[0].length, rows[0].length);
    }
    return flat;
  }
}
