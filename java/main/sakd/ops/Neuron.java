package sakd.ops;

import java.nio.file.Path;
import sakd.device.UserSource;

/**
 * What stands where an activation function does: ReLU in the ANN, a spiking neuron in the SNN, or
 * nothing. Equations in {@code kernels/neuron.cu}; names and defaults as in SpikingJelly.
 *
 * @param kind which neuron
 * @param tau membrane time constant, &gt; 1 (LIF; initial value for PLIF)
 * @param vThreshold firing threshold
 * @param vReset potential after a spike; NaN for soft reset (subtract the threshold)
 * @param decayInput whether the input is divided by tau too
 * @param detachReset whether the reset sends no gradient through the spike
 * @param surrogate shape of the stand-in for ds/dh
 * @param alpha width (triangle, rectangle) or steepness (atan, sigmoid) of the surrogate, &gt; 0
 * @param file the functions of a CUSTOM neuron, as {@code kernels/neuron_dynamics.h} explains them;
 *     what the other constants mean is up to them. Null for other kinds
 */
public record Neuron(
    Kind kind,
    float tau,
    float vThreshold,
    float vReset,
    boolean decayInput,
    boolean detachReset,
    Surrogate surrogate,
    float alpha,
    UserSource file) {

  /** T where nothing says it. */
  public static final int USUAL_STEPS = 4;

  /** Largest number of time steps the kernels unroll. */
  public static final int MAX_STEPS = 32;

  /**
   * IDENTITY and RELU have no state; IF does not leak; PLIF learns its leak; CUSTOM is a file's.
   */
  public enum Kind {
    IDENTITY,
    RELU,
    IF,
    LIF,
    PLIF,
    CUSTOM;

    /** As people write it. */
    public String label() {
      return switch (this) {
        case IDENTITY -> "identity";
        case RELU -> "ReLU";
        case IF, LIF, PLIF -> name();
        case CUSTOM -> "custom";
      };
    }

    public boolean isSpiking() {
      return ordinal() >= IF.ordinal();
    }
  }

  /** Order as in {@code kernels/neuron.cu}. */
  public enum Surrogate {
    TRIANGLE,
    ATAN,
    SIGMOID,
    RECTANGLE
  }

  /** How a residual branch r joins; order as in {@code kernels/neuron.cu}. */
  public enum Residual {
    /** There is none. */
    NONE,
    /** Added to the neuron's input: Spiking-ResNet. */
    INPUT,
    /** out = s + r: SEW-ResNet ADD. */
    ADD,
    /** out = s r: SEW-ResNet AND. */
    AND,
    /** out = (1 - s) r: SEW-ResNet IAND. */
    IAND;

    /** Whether the residual joins the spikes, and not the input that they come of. */
    public boolean joinsSpikes() {
      return this == ADD || this == AND || this == IAND;
    }

    /** Whether there is a residual whose gradient is not simply that of the output. */
    public boolean changesGradient() {
      return this != NONE && this != ADD;
    }
  }

  public static final Neuron IDENTITY = stateless(Kind.IDENTITY);
  public static final Neuron RELU = stateless(Kind.RELU);

  /** The paper's neuron: tau 2, threshold 1, hard reset to 0, triangle surrogate. */
  public static final Neuron LIF =
      new Neuron(Kind.LIF, 2, 1, 0, false, false, Surrogate.TRIANGLE, 1);

  public Neuron {
    if ((kind == Kind.CUSTOM) != (file != null)) {
      throw new IllegalArgumentException(
          "a neuron of kind " + kind + (file == null ? " without a file" : " with a file"));
    }
    if (kind == Kind.CUSTOM && !(tau > 0)) {
      throw new IllegalArgumentException("tau must be greater than 0, not " + tau);
    }
    if ((kind == Kind.LIF && !(tau >= 1)) || (kind == Kind.PLIF && !(tau > 1))) {
      throw new IllegalArgumentException("tau must be greater than 1, not " + tau);
    }
    if (!(alpha > 0)) {
      throw new IllegalArgumentException("surrogate's alpha must be greater than 0, not " + alpha);
    }
    if (kind.isSpiking() && !(vThreshold > (Float.isNaN(vReset) ? 0 : vReset))) {
      throw new IllegalArgumentException(
          "v-threshold must be greater than v-reset, not " + vThreshold);
    }
  }

  /** A neuron of SAKD's own. */
  public Neuron(
      Kind kind,
      float tau,
      float vThreshold,
      float vReset,
      boolean decayInput,
      boolean detachReset,
      Surrogate surrogate,
      float alpha) {
    this(kind, tau, vThreshold, vReset, decayInput, detachReset, surrogate, alpha, null);
  }

  /**
   * The neuron whose functions a file brings, with the constants of {@link #LIF}. Networks of it
   * compile the file's code and run it.
   *
   * @param file C in the dialect of {@code kernels/portable.h}; {@code kernels/neuron_dynamics.h}
   *     says which functions
   * @throws sakd.base.UserError if the file cannot be read
   */
  public static Neuron ofFile(Path file) {
    return LIF.with(UserSource.read(file));
  }

  /** A neuron of other functions with the constants of this one. */
  public Neuron with(UserSource functions) {
    return new Neuron(
        Kind.CUSTOM, tau, vThreshold, vReset, decayInput, detachReset, surrogate, alpha, functions);
  }

  /** As people know it: LIF, or the name of the file that brings it. */
  public String label() {
    return kind == Kind.CUSTOM ? file.name() : kind.label();
  }

  private static Neuron stateless(Kind kind) {
    return new Neuron(kind, 2, 1, 0, false, false, Surrogate.TRIANGLE, 1);
  }

  public boolean hardReset() {
    return !Float.isNaN(vReset);
  }

  /** The potential before the first step. */
  public float vStart() {
    return hardReset() ? vReset : 0;
  }

  /** 1/tau; 0 of IF; PLIF reads its parameter instead. */
  public float leak() {
    return kind == Kind.IF ? 0 : 1 / tau;
  }

  /** PLIF's parameter w at the start: sigmoid(w) = 1/tau. */
  public float initialLeakParameter() {
    return (float) -Math.log(tau - 1.0);
  }
}
