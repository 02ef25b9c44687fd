package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.testing.Differences;
import sakd.testing.Draw;
import sakd.testing.Tape;

/**
 * The gradients of batch norm + residual + neuron, through time and through the batch statistics:
 * without a threshold against finite differences, spiking ones against automatic differentiation of
 * the forward equations.
 */
class ReferenceLayerTest {
  private static final int ROWS = 5;
  private static final int CHANNELS = 2;
  private static final int N = ROWS * CHANNELS;
  private static final double EPS = 1e-5;

  private static double[] statistics(double[][] x, double[] gamma, double[] beta) {
    double[] mean = new double[CHANNELS];
    double[] var = new double[CHANNELS];
    double count = ROWS * x.length;
    for (double[] step : x) {
      for (int i = 0; i < N; i++) {
        mean[i % CHANNELS] += step[i] / count;
      }
    }
    for (double[] step : x) {
      for (int i = 0; i < N; i++) {
        var[i % CHANNELS] += Math.pow(step[i] - mean[i % CHANNELS], 2) / count;
      }
    }
    return ReferenceNorm.affine(mean, var, gamma, beta, EPS);
  }

  private static double[][] steps(double[] flat) {
    double[][] steps = new double[flat.length / N][];
    Arrays.setAll(steps, t -> Arrays.copyOfRange(flat, t * N, (t + 1) * N));
    return steps;
  }

  private static double[] flat(double[][] steps) {
    return Arrays.stream(steps).flatMapToDouble(Arrays::stream).toArray();
  }

  // ---- without a threshold ----

  @ParameterizedTest
  @EnumSource
  void smoothGradientsAreFiniteDifferences(Neuron.Residual merge) {
    for (Neuron neuron : new Neuron[] {Neuron.IDENTITY, Neuron.RELU}) {
      for (boolean norm : new boolean[] {false, true}) {
        checkSmooth(neuron, merge, norm);
      }
    }
  }

  private static void checkSmooth(Neuron neuron, Neuron.Residual merge, boolean norm) {
    int steps = 2;
    Draw draw = new Draw(1);
    double[] x = draw.normal(steps * N);
    double[] r = draw.normal(steps * N);
    double[] g = draw.normal(steps * N);
    double[] gamma = draw.normal(CHANNELS, 1, 0.3);
    double[] beta = draw.normal(CHANNELS);
    double[][] gradX = new double[steps][N];
    double[][] gradR = new double[steps][N];
    ReferenceLayer layer = smooth(neuron, merge, norm, x, gamma, beta);
    double[] sums = layer.sums(steps(x), steps(r), steps(g));
    layer.backward(steps(x), steps(r), steps(g), sums, steps * ROWS, gradX, gradR);

    String what = neuron.kind() + " " + merge + (norm ? " with batch norm" : "");
    Differences.check(
        what + ", x", x, g, v -> run(neuron, merge, norm, v, r, gamma, beta), flat(gradX));
    if (merge != Neuron.Residual.NONE) {
      Differences.check(
          what + ", residual", r, g, v -> run(neuron, merge, norm, x, v, gamma, beta), flat(gradR));
    }
    if (norm) {
      Differences.check(
          what + ", beta",
          beta,
          g,
          v -> run(neuron, merge, true, x, r, gamma, v),
          Arrays.copyOf(sums, CHANNELS));
      Differences.check(
          what + ", gamma",
          gamma,
          g,
          v -> run(neuron, merge, true, x, r, v, beta),
          Arrays.copyOfRange(sums, CHANNELS, 2 * CHANNELS));
    }
  }

  private static ReferenceLayer smooth(
      Neuron neuron,
      Neuron.Residual merge,
      boolean norm,
      double[] x,
      double[] gamma,
      double[] beta) {
    return new ReferenceLayer(
        ReferenceNeuron.of(neuron, 0),
        merge,
        CHANNELS,
        norm ? statistics(steps(x), gamma, beta) : null);
  }

  private static double[] run(
      Neuron neuron,
      Neuron.Residual merge,
      boolean norm,
      double[] x,
      double[] r,
      double[] gamma,
      double[] beta) {
    double[][] out = new double[x.length / N][N];
    smooth(neuron, merge, norm, x, gamma, beta).forward(steps(x), steps(r), out);
    return flat(out);
  }

  // ---- spiking ----

  @ParameterizedTest
  @EnumSource(names = {"IF", "LIF", "PLIF"})
  void spikingGradientsAreThoseOfTheForwardEquations(Neuron.Kind kind) {
    boolean[] both = {false, true};
    int seed = 0;
    for (Neuron.Surrogate surrogate : Neuron.Surrogate.values()) {
      for (float reset : new float[] {0, -0.25f, Float.NaN}) {
        for (boolean decay : both) {
          for (boolean detach : both) {
            Neuron neuron = new Neuron(kind, 1.5f, 0.75f, reset, decay, detach, surrogate, 1.25f);
            for (Neuron.Residual merge : Neuron.Residual.values()) {
              for (boolean norm : both) {
                int steps = 1 + seed % 4;
                checkSpiking(neuron, merge, norm, steps, 1, seed);
                checkSpiking(neuron, merge, norm, steps, steps, seed++);
              }
            }
          }
        }
      }
    }
  }

  private static void checkSpiking(
      Neuron neuron, Neuron.Residual merge, boolean norm, int steps, int inputSteps, int seed) {
    Draw draw = new Draw(seed);
    double[][] x = steps(draw.normal(inputSteps * N));
    double[][] r = steps(draw.normal(steps * N));
    double[][] g = steps(draw.normal(steps * N));
    double[] gamma = draw.normal(CHANNELS, 1, 0.3);
    double[] beta = draw.normal(CHANNELS, 0.5, 0.3);
    double parameter = -0.4;
    ReferenceLayer layer =
        new ReferenceLayer(
            ReferenceNeuron.of(neuron, parameter),
            merge,
            CHANNELS,
            norm ? statistics(x, gamma, beta) : null);
    double[][] out = new double[steps][N];
    double[][] gradX = new double[inputSteps][N];
    double[][] gradR = new double[steps][N];
    layer.forward(x, r, out);
    double[] sums = layer.sums(x, r, g);
    layer.backward(x, r, g, sums, (long) inputSteps * ROWS, gradX, gradR);

    Taped taped = new Taped(neuron, merge, norm, x, r, gamma, beta, parameter);
    taped.run(g, out);
    String what = neuron + " " + merge + ", norm " + norm + ", T " + inputSteps + "/" + steps;
    assertGradients(what + ", x", taped.x, gradX);
    if (merge != Neuron.Residual.NONE) {
      assertGradients(what + ", residual", taped.r, gradR);
    }
    for (int c = 0; c < CHANNELS && norm; c++) {
      assertEquals(taped.beta[c].grad, sums[c], 1e-10, what + ", beta");
      assertEquals(taped.gamma[c].grad, sums[CHANNELS + c], 1e-10, what + ", gamma");
    }
    if (neuron.kind() == Neuron.Kind.PLIF) {
      double k = layer.neuron().leak();
      assertEquals(
          taped.parameter.grad, ReferenceNorm.leakGradient(k, sums), 1e-10, what + ", leak");
    }
  }

  private static void assertGradients(String what, Tape.Num[][] expected, double[][] actual) {
    for (int t = 0; t < actual.length; t++) {
      for (int i = 0; i < N; i++) {
        assertEquals(expected[t][i].grad, actual[t][i], 1e-10, what);
      }
    }
  }

  /** The forward equations once more, one number at a time. */
  private static final class Taped {
    private final Tape tape = new Tape();
    private final Neuron neuron;
    private final Neuron.Residual merge;
    private final boolean norm;
    private final Tape.Num[][] x;
    private final Tape.Num[][] r;
    private final Tape.Num[] gamma;
    private final Tape.Num[] beta;
    private final Tape.Num parameter;

    Taped(
        Neuron neuron,
        Neuron.Residual merge,
        boolean norm,
        double[][] x,
        double[][] r,
        double[] gamma,
        double[] beta,
        double parameter) {
      this.neuron = neuron;
      this.merge = merge;
      this.norm = norm;
      this.x = Arrays.stream(x).map(this::numbers).toArray(Tape.Num[][]::new);
      this.r = Arrays.stream(r).map(this::numbers).toArray(Tape.Num[][]::new);
      this.gamma = numbers(gamma);
      this.beta = numbers(beta);
      this.parameter = tape.number(parameter);
    }

    private Tape.Num[] numbers(double[] values) {
      return Arrays.stream(values).mapToObj(tape::number).toArray(Tape.Num[]::new);
    }

    /** Checks the outputs, and back-propagates g. */
    void run(double[][] g, double[][] out) {
      Tape.Num[][] y = norm ? normalised() : x;
      Tape.Num loss = tape.number(0);
      Tape.Num one = tape.number(1);
      for (int i = 0; i < N; i++) {
        Tape.Num rest = tape.number(neuron.hardReset() ? neuron.vReset() : 0);
        Tape.Num v = rest;
        for (int t = 0; t < r.length; t++) {
          Tape.Num input = y[x.length == 1 ? 0 : t][i];
          if (merge == Neuron.Residual.INPUT) {
            input = input.plus(r[t][i]);
          }
          Tape.Num h = charge(v, input, rest);
          Tape.Num s = spike(h);
          Tape.Num sent = neuron.detachReset() ? s.detach() : s;
          Tape.Num threshold = tape.number(neuron.vThreshold());
          v =
              neuron.hardReset()
                  ? one.minus(sent).times(h).plus(sent.times(rest))
                  : h.minus(sent.times(threshold));
          Tape.Num result =
              switch (merge) {
                case NONE, INPUT -> s;
                case ADD -> s.plus(r[t][i]);
                case AND -> s.times(r[t][i]);
                case IAND -> one.minus(s).times(r[t][i]);
              };
          assertEquals(result.value, out[t][i], 1e-12, neuron + " " + merge);
          loss = loss.plus(result.times(tape.number(g[t][i])));
        }
      }
      tape.backward(loss);
    }

    private Tape.Num charge(Tape.Num v, Tape.Num input, Tape.Num rest) {
      if (neuron.kind() == Neuron.Kind.IF) {
        return v.plus(input);
      }
      Tape.Num leak =
          neuron.kind() == Neuron.Kind.PLIF
              ? parameter.sigmoid()
              : tape.number(1).over(tape.number(neuron.tau()));
      Tape.Num above = v.minus(rest);
      return neuron.decayInput()
          ? v.plus(input.minus(above).times(leak))
          : v.minus(above.times(leak)).plus(input);
    }

    private Tape.Num spike(Tape.Num h) {
      double a = neuron.alpha();
      double u = h.value - neuron.vThreshold();
      double derivative =
          switch (neuron.surrogate()) {
            case TRIANGLE -> Math.max(0, a - Math.abs(u)) / (a * a);
            case ATAN -> a / (2 * (1 + Math.pow(Math.PI * a * u / 2, 2)));
            case SIGMOID -> a / (2 + Math.exp(a * u) + Math.exp(-a * u));
            case RECTANGLE -> 2 * Math.abs(u) < a ? 1 / a : 0;
          };
      return h.apply(u >= 0 ? 1 : 0, derivative);
    }

    private Tape.Num[][] normalised() {
      Tape.Num[][] y = new Tape.Num[x.length][N];
      Tape.Num count = tape.number((double) ROWS * x.length);
      for (int c = 0; c < CHANNELS; c++) {
        Tape.Num sum = tape.number(0);
        Tape.Num squares = tape.number(0);
        for (Tape.Num[] step : x) {
          for (int i = c; i < N; i += CHANNELS) {
            sum = sum.plus(step[i]);
          }
        }
        Tape.Num mean = sum.over(count);
        for (Tape.Num[] step : x) {
          for (int i = c; i < N; i += CHANNELS) {
            Tape.Num d = step[i].minus(mean);
            squares = squares.plus(d.times(d));
          }
        }
        Tape.Num deviation = squares.over(count).plus(tape.number(EPS)).squareRoot();
        for (int t = 0; t < x.length; t++) {
          for (int i = c; i < N; i += CHANNELS) {
            y[t][i] = x[t][i].minus(mean).over(deviation).times(gamma[c]).plus(beta[c]);
          }
        }
      }
      return y;
    }
  }
}
