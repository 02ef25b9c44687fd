package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.ThreadRanks;
import sakd.testing.Twins;

/**
 * Batch norm over the rows of several ranks, which have different numbers of samples, against one
 * process with the whole batch in plain Java.
 */
class RankNormContractTest {
  private static final float EPS = 1e-5f;
  private static final float MOMENTUM = 0.1f;
  private static final int PIXELS = 6;

  /** How near the threshold an input may be; float32 errs by less. */
  private static final double MARGIN = 1e-4;

  private static final Neuron PLIF =
      new Neuron(Neuron.Kind.PLIF, 2, 1, Float.NaN, true, false, Neuron.Surrogate.ATAN, 2);

  /** A layer, and how many samples each rank has. */
  private record Case(
      Neuron neuron, int steps, int inputSteps, int channels, DType type, int... samples) {
    int whole() {
      return Arrays.stream(samples).sum();
    }
  }

  /** What a batch norm and its neuron are given: x and gradients for all samples. */
  private record Inputs(double[] x, double[] gradOut, double[] gamma, double[] beta, double mean) {
    static Inputs of(Case c, long seed, double mean) {
      Draw draw = new Draw(seed);
      int n = c.whole() * PIXELS * c.channels;
      return new Inputs(
          draw.normal(c.inputSteps * n, mean, 1.5),
          draw.normal(c.steps * n),
          draw.uniform(c.channels, 0.5, 2),
          draw.normal(c.channels, 1, 0.3),
          mean);
    }
  }

  /** What a layer leaves, the gradients of x and the rest of a rank's samples alone. */
  private record Result(
      double[] affine,
      double[] runningMean,
      double[] runningVar,
      double[] out,
      double[] gradX,
      double[] gamma,
      double[] beta,
      double[] leak) {}

  /** Of values [steps, N, PIXELS, C] the samples from {@code first} on. */
  private static double[] samples(Case c, int steps, double[] values, int first, int count) {
    int sample = PIXELS * c.channels;
    double[] some = new double[steps * count * sample];
    for (int t = 0; t < steps; t++) {
      System.arraycopy(
          values, (t * c.whole() + first) * sample, some, t * count * sample, count * sample);
    }
    return some;
  }

  private static Tensor tensor(Ops ops, DType type, double[] values, int... shape) {
    Tensor t = ops.allocate(type, shape);
    Twins.set(ops, t, values);
    return t;
  }

  private static double[] filled(int n, double value) {
    double[] values = new double[n];
    Arrays.fill(values, value);
    return values;
  }

  /** Forward and backward over some of the samples; with {@code rows} 5 as one rank of several. */
  private static Result layer(Ops ops, Case c, Inputs in, int first, int count, int rows) {
    int ch = c.channels;
    boolean learnable = c.neuron.kind() == Neuron.Kind.PLIF;
    int[] shape = {c.inputSteps, count, PIXELS, 1, ch};
    int[] outShape = {c.steps, count, PIXELS, 1, ch};
    double[] nothing = filled(ch, Double.NaN);
    try (Tensor x = tensor(ops, c.type, samples(c, c.inputSteps, in.x, first, count), shape);
        Tensor gradOut =
            tensor(ops, c.type, samples(c, c.steps, in.gradOut, first, count), outShape);
        Tensor gamma = tensor(ops, DType.F32, in.gamma, ch);
        Tensor beta = tensor(ops, DType.F32, in.beta, ch);
        Tensor mean = tensor(ops, DType.F32, filled(ch, in.mean - 1), ch);
        Tensor var = tensor(ops, DType.F32, filled(ch, 2), ch);
        Tensor affine = tensor(ops, DType.F32, filled(rows * ch, Double.NaN), rows, ch);
        Tensor leak = learnable ? tensor(ops, DType.F32, new double[] {-0.4}, 1) : null;
        Tensor out = ops.allocate(c.type, outShape);
        Tensor gradX = ops.allocate(c.type, shape);
        Tensor gradGamma = tensor(ops, DType.F32, nothing, ch);
        Tensor gradBeta = tensor(ops, DType.F32, nothing, ch);
        Tensor gradLeak = learnable ? ops.allocate(DType.F32, 1) : null) {
      ops.batchStatistics(
          x,
          new Ops.BatchNorm(gamma, beta, mean, var, EPS, MOMENTUM),
          c.steps / c.inputSteps,
          affine);
      ops.neuron(c.neuron, Neuron.Residual.NONE, x, affine, null, leak, out);
      ops.neuronBackward(
          c.neuron,
          Neuron.Residual.NONE,
          x,
          affine,
          null,
          leak,
          gradOut,
          new Ops.NeuronGradients(gradX, null, gradGamma, gradBeta, gradLeak));
      return new Result(
          Arrays.copyOf(Twins.values(ops, affine), 4 * ch),
          Twins.values(ops, mean),
          Twins.values(ops, var),
          Twins.values(ops, out),
          Twins.values(ops, gradX),
          Twins.values(ops, gradGamma),
          Twins.values(ops, gradBeta),
          learnable ? Twins.values(ops, gradLeak) : new double[0]);
    }
  }

  /** Inputs that keep every neuron away from the jumps of its equations. */
  private static Inputs inputs(Case c, double mean) {
    for (long seed = 1; ; seed++) {
      Inputs in = Inputs.of(c, seed, mean);
      if (!nearJump(c, in)) {
        return in;
      }
    }
  }

  private static boolean nearJump(Case c, Inputs in) {
    ReferenceNeuron neuron = ReferenceNeuron.of(c.neuron, -0.4);
    if (c.neuron == Neuron.IDENTITY) {
      return false;
    }
    try (Ops ops = Devices.reference()) {
      double[] affine = layer(ops, c, in, 0, c.whole(), 4).affine;
      ReferenceLayer layer = new ReferenceLayer(neuron, Neuron.Residual.NONE, c.channels, affine);
      double[] x = Arrays.stream(in.x).map(v -> Twins.round(c.type, v)).toArray();
      int n = x.length / c.inputSteps;
      double[][] steps = new double[c.inputSteps][];
      Arrays.setAll(steps, t -> Arrays.copyOfRange(x, t * n, (t + 1) * n));
      double[] h = new double[c.steps];
      for (int i = 0; i < n; i++) {
        double[] y = layer.inputs(steps, null, c.steps, i);
        if (c.neuron.kind().isSpiking()) {
          neuron.potentials(y, h);
          if (Arrays.stream(h).anyMatch(v -> Math.abs(v - neuron.vThreshold()) < MARGIN)) {
            return true;
          }
        } else if (Arrays.stream(y).anyMatch(v -> Math.abs(v) < MARGIN)) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<Case> cases(DType type) {
    return List.of(
        new Case(Neuron.IDENTITY, 1, 1, 3, type, 2, 1, 4),
        new Case(Neuron.RELU, 1, 1, 16, type, 1, 1),
        new Case(Neuron.LIF, 4, 4, 7, type, 3, 1, 2),
        new Case(Neuron.LIF, 4, 1, 20, type, 2, 3),
        new Case(Neuron.LIF, 1, 1, 64, type, 1, 2),
        new Case(PLIF, 12, 12, 5, type, 1, 2));
  }

  @Test
  void ranksOnPlainJava() {
    for (Case c : cases(DType.F32)) {
      Inputs in = inputs(c, 0.3);
      check(c, in, ThreadRanks.onReference(c.samples.length, ops -> ofRank(ops, c, in)), true);
    }
  }

  @Test
  void ranksWithCompiledKernels() {
    Assumptions.assumeTrue(CpuDevice.hasCompiler());
    for (Case c : cases(DType.F32)) {
      Inputs in = inputs(c, 0.3);
      check(c, in, ThreadRanks.onCpu(c.samples.length, ops -> ofRank(ops, c, in)), true);
    }
  }

  @EachDevice
  void aRankBesideOthersOnTheProcessor(Ops ops) {
    Assumptions.assumeTrue(ops instanceof KernelOps && CpuDevice.hasCompiler());
    for (DType type : Twins.storage(ops)) {
      for (Case c : cases(type)) {
        Inputs in = inputs(c, 0.3);
        int ranks = c.samples.length;
        check(c, in, ThreadRanks.beside(ops.device(), ranks, r -> ofRank(r, c, in)), false);
      }
    }
  }

  /** A mean far from zero costs no digits of the variance. */
  @EachDevice
  void statisticsAwayFromZero(Ops ops) {
    Assumptions.assumeTrue(ops instanceof KernelOps && CpuDevice.hasCompiler());
    Case c = new Case(Neuron.IDENTITY, 1, 1, 20, DType.F32, 70, 1, 30);
    Inputs in = inputs(c, 1000);
    Result whole = whole(c, in);
    for (Result own : ThreadRanks.beside(ops.device(), 3, rank -> ofRank(rank, c, in))) {
      checkStatistics(c.toString(), c, whole, own);
    }
  }

  private static Result whole(Case c, Inputs in) {
    try (Ops ops = Devices.reference()) {
      return layer(ops, c, in, 0, c.whole(), 4);
    }
  }

  private static Result ofRank(Ops ops, Case c, Inputs in) {
    return layer(ops, c, in, first(c, ops.rank()), c.samples[ops.rank()], 5);
  }

  private static int first(Case c, int rank) {
    return Arrays.stream(c.samples).limit(rank).sum();
  }

  /**
   * @param alike whether all ranks have the same kind of device, and so the same bits
   */
  private static void check(Case c, Inputs in, List<Result> ranks, boolean alike) {
    Result whole = whole(c, in);
    double[] gamma = new double[c.channels];
    double[] beta = new double[c.channels];
    double[] leak = new double[whole.leak.length];
    for (int rank = 0; rank < c.samples.length; rank++) {
      Result own = ranks.get(rank);
      String what = c + ", rank " + rank + ": ";
      checkStatistics(what, c, whole, own);
      int first = first(c, rank);
      int count = c.samples[rank];
      assertClose(what + "out", c.type, samples(c, c.steps, whole.out, first, count), own.out);
      assertClose(
          what + "grad x", c.type, samples(c, c.inputSteps, whole.gradX, first, count), own.gradX);
      addTo(gamma, own.gamma);
      addTo(beta, own.beta);
      addTo(leak, own.leak);
      if (alike) {
        assertArrayEquals(ranks.get(0).affine, own.affine, what);
        assertArrayEquals(ranks.get(0).runningMean, own.runningMean, what);
        assertArrayEquals(ranks.get(0).runningVar, own.runningVar, what);
      }
    }
    assertClose(c + ": gamma", DType.F32, whole.gamma, gamma);
    assertClose(c + ": beta", DType.F32, whole.beta, beta);
    assertClose(c + ": leak", DType.F32, whole.leak, leak);
  }

  private static void checkStatistics(String what, Case c, Result whole, Result own) {
    for (int row = 0; row < 4; row++) {
      int from = row * c.channels;
      int to = from + c.channels;
      assertClose(
          what + "affine " + row,
          DType.F32,
          Arrays.copyOfRange(whole.affine, from, to),
          Arrays.copyOfRange(own.affine, from, to));
    }
    assertClose(what + "running mean", DType.F32, whole.runningMean, own.runningMean);
    assertClose(what + "running var", DType.F32, whole.runningVar, own.runningVar);
  }

  private static void addTo(double[] sums, double[] values) {
    Arrays.setAll(sums, i -> sums[i] + values[i]);
  }

  private static void assertClose(String what, DType type, double[] expected, double[] actual) {
    assertEquals(expected.length, actual.length, what);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    double unit = type == DType.BF16 ? 0x1p-7 : type == DType.F16 ? 0x1p-10 : 0;
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < expected.length; i++) {
      double bound = Twins.TOLERANCE * largest + unit * Math.abs(expected[i]) + 0x1p-24;
      if (!(Math.abs(expected[i] - actual[i]) <= bound)) {
        wrong.add(i + ": " + actual[i] + " instead of " + expected[i]);
      }
    }
    assertTrue(
        wrong.isEmpty(),
        () -> what + " " + wrong.size() + ", as " + wrong.subList(0, Math.min(3, wrong.size())));
  }
}
