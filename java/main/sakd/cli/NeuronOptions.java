package sakd.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.device.UserSource;
import sakd.ops.Neuron;

/** The spiking neuron; words as in SpikingJelly. */
final class NeuronOptions {
  /** Neurons by name. */
  enum Kind {
    RELU,
    IF,
    LIF,
    PLIF
  }

  @Option(
      names = "--T",
      paramLabel = "1..32",
      description = "Time steps (default: 4, or the weight file's).")
  Integer steps;

  @Option(
      names = "--neuron",
      paramLabel = "lif|if|plif|relu",
      description = "Neuron; relu is the ANN (default: lif, or the weight file's).")
  Kind kind;

  @Option(
      names = "--neuron-file",
      paramLabel = "FILE.h",
      description =
          "A neuron of your own in the place of --neuron: its functions in C, as in"
              + " kernels/examples/quadratic.h. It is compiled, checked and run; weight files keep"
              + " only its name and SHA-256, so give it with them, too.")
  Path neuronFile;

  @Option(names = "--tau", paramLabel = "TAU", description = "Membrane time constant (default: 2).")
  Float tau;

  @Option(names = "--v-threshold", paramLabel = "V", description = "Firing threshold (default: 1).")
  Float vThreshold;

  @Option(
      names = "--v-reset",
      paramLabel = "V|none",
      description = "Potential after a spike; none subtracts the threshold (default: 0).")
  String vReset;

  @Option(
      names = "--decay-input",
      paramLabel = "true|false",
      arity = "0..1",
      fallbackValue = "true",
      description = "Divide the input by tau too.")
  Boolean decayInput;

  @Option(
      names = "--detach-reset",
      paramLabel = "true|false",
      arity = "0..1",
      fallbackValue = "true",
      description = "Send no gradient through the reset.")
  Boolean detachReset;

  @Option(
      names = "--surrogate",
      paramLabel = "triangle|atan|sigmoid|rectangle",
      description = "Stand-in for the derivative of a spike (default: triangle).")
  Neuron.Surrogate surrogate;

  @Option(
      names = "--alpha",
      paramLabel = "ALPHA",
      description =
          "Width (triangle, rectangle) or steepness (atan, sigmoid) of the surrogate "
              + "(default: 1, 2 for atan, 4 for sigmoid).")
  Float alpha;

  /** The neuron with what was given changed. */
  Neuron neuron(Neuron base) {
    UserSource file = kind != null ? null : neuronFile != null ? source() : base.file();
    if (kind != null && neuronFile != null) {
      throw new UserError(
          "--neuron is "
              + Values.lower(kind)
              + " and --neuron-file brings another neuron; expected one of them, leave the other"
              + " out");
    }
    Neuron.Kind changed =
        file != null
            ? Neuron.Kind.CUSTOM
            : kind == null ? base.kind() : Neuron.Kind.valueOf(kind.name());
    if (tau != null) {
      switch (changed) {
        case CUSTOM -> Values.positive("--tau", tau);
        case LIF -> Values.require(tau >= 1, "--tau", tau, "1 or more");
        default -> Values.require(tau > 1, "--tau", tau, "more than 1");
      }
    }
    if (alpha != null) {
      Values.positive("--alpha", alpha);
    }
    Neuron.Surrogate shape = surrogate == null ? base.surrogate() : surrogate;
    float width =
        alpha != null ? alpha : surrogate == null ? base.alpha() : defaultAlpha(surrogate);
    try {
      return new Neuron(
          changed,
          tau == null ? base.tau() : tau,
          vThreshold == null ? base.vThreshold() : vThreshold,
          vReset == null ? base.vReset() : reset(),
          decayInput == null ? base.decayInput() : decayInput,
          detachReset == null ? base.detachReset() : detachReset,
          shape,
          width,
          file);
    } catch (IllegalArgumentException e) {
      throw new UserError(
          "the neuron cannot be built: "
              + e.getMessage()
              + "; give other --neuron, --tau, --v-threshold or --v-reset",
          e);
    }
  }

  /** The functions of one's own neuron, as the file has them now; null if none is given. */
  UserSource source() {
    return neuronFile == null ? null : UserSource.read(neuronFile);
  }

  private static float defaultAlpha(Neuron.Surrogate surrogate) {
    return switch (surrogate) {
      case TRIANGLE, RECTANGLE -> 1;
      case ATAN -> 2;
      case SIGMOID -> 4;
    };
  }

  private float reset() {
    if (vReset.equalsIgnoreCase("none")) {
      return Float.NaN;
    }
    try {
      return Values.finiteFloat(vReset);
    } catch (NumberFormatException e) {
      throw new UserError(
          "--v-reset is " + vReset + "; expected a finite number or none, give one of them", e);
    }
  }

  /** T, in the range that kernels unroll; 1 for an ANN. */
  int steps(Neuron neuron, int base) {
    int t = steps == null ? base : steps;
    Values.require(t >= 1 && t <= Neuron.MAX_STEPS, "--T", t, "1 to " + Neuron.MAX_STEPS);
    return neuron.kind().isSpiking() ? t : 1;
  }
}
