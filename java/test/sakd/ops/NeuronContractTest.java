package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.DType;
import sakd.device.UserSource;
import sakd.testing.Devices;
import sakd.testing.Draw;
import sakd.testing.EachDevice;
import sakd.testing.Twins;
import sakd.testing.Twins.Twin;

/**
 * Batch norm + residual + neuron, on every device. The inputs keep away from the threshold and from
 * the other jumps of the equations, where float32 may rightly choose the other side.
 */
class NeuronContractTest {
  private static final double MARGIN = 1e-3;
  private static final int[] CHANNELS = {1, 3, 7, 16, 20, 64};
  private static final int[] STEPS = {1, 2, 4, 7};
  private static final EnumSet<Neuron.Kind> BUILT_IN =
      EnumSet.complementOf(EnumSet.of(Neuron.Kind.CUSTOM));
  private static final float[] RESETS = {0, -0.25f, Float.NaN};

  /** One call: everything a kernel is specialised by. */
  private record Case(
      Neuron neuron,
      Neuron.Residual merge,
      boolean norm,
      int steps,
      int inputSteps,
      int channels,
      DType type,
      UserSource file) {
    /** What these operations are to compute: the reference has no compiler for the file. */
    Neuron neuron(Ops ops) {
      return file == null || ops instanceof ReferenceOps ? neuron : neuron.with(file);
    }
  }

  private static final UserSource LIF =
      UserSource.read(Path.of("java/test/resources/neurons/lif.h"));

  private static <E> E any(Random random, E[] choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static Case draw(Random random, Neuron.Kind kind, Neuron.Residual merge, DType type) {
    return draw(
        random,
        new Neuron(
            kind,
            2,
            1,
            RESETS[random.nextInt(RESETS.length)],
            random.nextBoolean(),
            random.nextBoolean(),
            any(random, Neuron.Surrogate.values()),
            random.nextBoolean() ? 1 : 1.5f),
        merge,
        type);
  }

  private static Case draw(Random random, Neuron neuron, Neuron.Residual merge, DType type) {
    int steps = STEPS[random.nextInt(STEPS.length)];
    boolean expands = neuron.kind().isSpiking() && random.nextInt(3) == 0;
    return new Case(
        neuron,
        merge,
        random.nextInt(4) != 0,
        steps,
        expands ? 1 : steps,
        CHANNELS[random.nextInt(CHANNELS.length)],
        type,
        null);
  }

  @EachDevice
  void everyKindWithEveryResidual(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      Random random = new Random(1);
      for (Neuron.Kind kind : BUILT_IN) {
        for (Neuron.Residual merge : Neuron.Residual.values()) {
          // Each is compiled apart: of 16-bit storage, which loads and stores alone know of, a
          // part.
          boolean all = type == DType.F32 && !Devices.isEmulated(ops);
          if (all || (kind.ordinal() + merge.ordinal()) % 5 < 2) {
            check(ops, draw(random, kind, merge, type));
          }
        }
      }
    }
  }

  @EachDevice
  void everySurrogateWithEveryReset(Ops ops) {
    Random random = new Random(2);
    int count = 0;
    boolean[] both = {false, true};
    for (Neuron.Surrogate surrogate : Neuron.Surrogate.values()) {
      for (float reset : new float[] {-0.25f, Float.NaN}) {
        for (boolean decay : both) {
          for (boolean detach : both) {
            Neuron.Kind kind = random.nextInt(3) == 0 ? Neuron.Kind.PLIF : Neuron.Kind.LIF;
            Neuron neuron = new Neuron(kind, 1.5f, 0.75f, reset, decay, detach, surrogate, 1.25f);
            Case next = draw(random, neuron, any(random, Neuron.Residual.values()), DType.F32);
            if (!Devices.isEmulated(ops) || count++ % 5 == 0) {
              check(ops, next);
            }
          }
        }
      }
    }
  }

  @EachDevice
  void thePapersNeuronAtAnyWidthAndTime(Ops ops) {
    for (DType type : Twins.storage(ops)) {
      for (int channels : CHANNELS) {
        check(ops, new Case(Neuron.LIF, Neuron.Residual.INPUT, true, 4, 4, channels, type, null));
      }
      check(ops, new Case(Neuron.LIF, Neuron.Residual.NONE, true, 32, 32, 20, type, null));
      check(ops, new Case(Neuron.LIF, Neuron.Residual.NONE, true, 32, 1, 16, type, null));
    }
  }

  /** The file is of LIF, and so has to do what LIF does. */
  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#compiled")
  void aUsersNeuronWithEveryResidual(Ops ops) {
    ops.checkNeuron(Neuron.LIF.with(LIF));
    for (DType type : Twins.storage(ops)) {
      Random random = new Random(3);
      for (Neuron.Residual merge : Neuron.Residual.values()) {
        Case c = draw(random, Neuron.Kind.LIF, merge, type);
        if (type == DType.F32
            ? !Devices.isEmulated(ops) || merge.ordinal() < 2
            : merge.ordinal() == 1) {
          check(
              ops, new Case(c.neuron, merge, c.norm, c.steps, c.inputSteps, c.channels, type, LIF));
        }
      }
    }
    check(ops, new Case(Neuron.LIF, Neuron.Residual.INPUT, true, 32, 1, 16, DType.F32, LIF));
  }

  private static void check(Ops ops, Case c) {
    Random seed = new Random(c.toString().hashCode());
    int channels = c.channels;
    int rows = 3 * 5 * 5;
    int n = rows * channels;
    Draw draw = new Draw(seed.nextLong());
    double[] affine = new double[4 * channels];
    System.arraycopy(draw.normal(channels, 0, 0.3), 0, affine, 0, channels);
    System.arraycopy(draw.uniform(channels, 0.5, 2), 0, affine, channels, channels);
    System.arraycopy(draw.normal(channels, 1, 0.3), 0, affine, 2 * channels, channels);
    System.arraycopy(draw.uniform(channels, 0.8, 1.2), 0, affine, 3 * channels, channels);
    round(DType.F32, affine);
    float parameter = -0.4f;
    boolean merged = c.merge != Neuron.Residual.NONE;
    boolean learnable = c.neuron.kind() == Neuron.Kind.PLIF;
    double[][] x = new double[c.inputSteps][n];
    double[][] r = new double[c.steps][n];
    ReferenceLayer layer =
        new ReferenceLayer(
            ReferenceNeuron.of(c.neuron, parameter), c.merge, channels, c.norm ? affine : null);
    for (int i = 0; i < n; i++) {
      do {
        redraw(draw, x, i, c.type);
        redraw(draw, r, i, c.type);
      } while (nearJump(layer, layer.inputs(x, r, c.steps, i)));
    }

    int[] shape = {c.steps, 3, 5, 5, channels};
    int[] inputShape = {c.inputSteps, 3, 5, 5, channels};
    try (Twins twins = new Twins(ops)) {
      Twin in = twins.of(c.type, flat(x), inputShape);
      Twin norm = c.norm ? twins.of(DType.F32, affine, 4, channels) : null;
      Twin residual = merged ? twins.of(c.type, flat(r), shape) : null;
      Twin leak = learnable ? twins.scalar(parameter) : null;
      Twin out = twins.poisoned(c.type, shape);
      Twin gradOut = twins.of(c.type, draw.normal(c.steps * n), shape);
      Twin gradX = twins.poisoned(c.type, inputShape);
      Twin gradResidual = c.merge.changesGradient() ? twins.poisoned(c.type, shape) : null;
      Twin gradGamma = c.norm ? twins.poisoned(DType.F32, channels) : null;
      Twin gradBeta = c.norm ? twins.poisoned(DType.F32, channels) : null;
      Twin gradLeak = learnable ? twins.poisoned(DType.F32, 1) : null;
      twins.run(
          s -> {
            s.ops()
                .neuron(
                    c.neuron(s.ops()),
                    c.merge,
                    s.at(in),
                    s.at(norm),
                    s.at(residual),
                    s.at(leak),
                    s.at(out));
            s.ops()
                .neuronBackward(
                    c.neuron(s.ops()),
                    c.merge,
                    s.at(in),
                    s.at(norm),
                    s.at(residual),
                    s.at(leak),
                    s.at(gradOut),
                    new Ops.NeuronGradients(
                        s.at(gradX),
                        s.at(gradResidual),
                        s.at(gradGamma),
                        s.at(gradBeta),
                        s.at(gradLeak)));
          });
      String what = c.toString();
      twins.assertClose(what + ": out", out);
      twins.assertClose(what + ": grad x", gradX);
      if (gradResidual != null) {
        twins.assertClose(what + ": grad residual", gradResidual);
      }
      double terms = Math.sqrt(c.steps * rows);
      if (c.norm) {
        twins.assertClose(what + ": grad beta", gradBeta, terms);
        twins.assertClose(what + ": grad gamma", gradGamma, terms);
      }
      if (learnable) {
        twins.assertClose(what + ": grad leak", gradLeak, terms * Math.sqrt(channels));
      }
      if (c.neuron.kind().isSpiking() && !merged) {
        double[] spikes = twins.values(out);
        double rate = Arrays.stream(spikes).average().orElse(0);
        assertTrue(rate > 0.02 && rate < 0.98, () -> what + ": rate of spikes is " + rate);
      }
    }
  }

  /** Whether one of the neuron's comparisons is close. */
  private static boolean nearJump(ReferenceLayer layer, double[] inputs) {
    ReferenceNeuron neuron = layer.neuron();
    switch (neuron.neuron().kind()) {
      case IDENTITY -> {
        return false;
      }
      case RELU -> {
        return Arrays.stream(inputs).anyMatch(y -> Math.abs(y) < MARGIN);
      }
      default -> {
        double[] h = new double[inputs.length];
        neuron.potentials(inputs, h);
        boolean rectangle = neuron.neuron().surrogate() == Neuron.Surrogate.RECTANGLE;
        double edge = rectangle ? neuron.alpha() / 2 : 0;
        return Arrays.stream(h)
            .map(v -> Math.abs(v - neuron.vThreshold()))
            .anyMatch(u -> u < MARGIN || Math.abs(u - edge) < MARGIN);
      }
    }
  }

  private static void redraw(Draw draw, double[][] values, int i, DType type) {
    for (double[] step : values) {
      step[i] = Twins.round(type, draw.normal(1, 0.5, 1.5)[0]);
    }
  }

  private static void round(DType type, double[] values) {
    Arrays.setAll(values, i -> Twins.round(type, values[i]));
  }

  private static double[] flat(double[][] steps) {
    return Arrays.stream(steps).flatMapToDouble(Arrays::stream).toArray();
  }
}
