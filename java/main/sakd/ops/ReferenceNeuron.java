package sakd.ops;

/**
 * One neuron over T steps in double precision: the equations at the head of {@code
 * kernels/neuron.cu}, for a single element.
 *
 * @param neuron kind, reset and surrogate; its float parameters are not read
 * @param leak 1/tau
 * @param vThreshold firing threshold
 * @param vReset potential after a spike; NaN for soft reset
 * @param alpha of the surrogate
 */
public record ReferenceNeuron(
    Neuron neuron, double leak, double vThreshold, double vReset, double alpha) {

  public ReferenceNeuron {
    if (neuron.kind() == Neuron.Kind.CUSTOM) {
      throw new IllegalArgumentException(neuron.label() + " has to be compiled");
    }
  }

  /** With the parameters of {@code neuron}; {@code parameter} is PLIF's w, else not read. */
  public static ReferenceNeuron of(Neuron neuron, double parameter) {
    double leak =
        switch (neuron.kind()) {
          case LIF -> 1.0 / neuron.tau();
          case PLIF -> sigmoid(parameter);
          default -> 0;
        };
    return new ReferenceNeuron(neuron, leak, neuron.vThreshold(), neuron.vReset(), neuron.alpha());
  }

  static double sigmoid(double a) {
    return 1 / (1 + Math.exp(-a));
  }

  private boolean hardReset() {
    return neuron.hardReset();
  }

  /** The potential before the first step, towards which it leaks. */
  private double rest() {
    return hardReset() ? vReset : 0;
  }

  private double charge(double v, double y) {
    return neuron.decayInput() && neuron.kind() != Neuron.Kind.IF
        ? v + (y - (v - rest())) * leak
        : v - (v - rest()) * leak + y;
  }

  private double reset(double h, boolean spike) {
    return !spike ? h : hardReset() ? vReset : h - vThreshold;
  }

  boolean fires(double h) {
    return h >= vThreshold;
  }

  /** The stand-in for ds/dh at u = h - v_th; the rectangle is alpha wide, of area 1. */
  double surrogate(double u) {
    return switch (neuron.surrogate()) {
      case TRIANGLE -> Math.max(0, alpha - Math.abs(u)) / (alpha * alpha);
      case ATAN -> alpha / 2 / (1 + Math.pow(Math.PI / 2 * alpha * u, 2));
      case SIGMOID -> alpha * sigmoid(alpha * u) * (1 - sigmoid(alpha * u));
      case RECTANGLE -> Math.abs(u) < alpha / 2 ? 1 / alpha : 0;
    };
  }

  /** h [T], the potentials before the reset, from the inputs y [T] of a spiking neuron. */
  public void potentials(double[] y, double[] h) {
    potentials(rest(), y, h);
  }

  /** As above from the potential v before the first step; returns that after the last. */
  double potentials(double v, double[] y, double[] h) {
    double after = v;
    for (int t = 0; t < y.length; t++) {
      h[t] = charge(after, y[t]);
      after = reset(h[t], fires(h[t]));
    }
    return after;
  }

  /** s [T], the outputs from the inputs y [T]. */
  void forward(double[] y, double[] s) {
    switch (neuron.kind()) {
      case IDENTITY -> System.arraycopy(y, 0, s, 0, y.length);
      case RELU -> {
        for (int t = 0; t < y.length; t++) {
          s[t] = y[t] < 0 ? 0 : y[t];
        }
      }
      default -> {
        potentials(y, s);
        for (int t = 0; t < y.length; t++) {
          s[t] = fires(s[t]) ? 1 : 0;
        }
      }
    }
  }

  /**
   * gy [T], the gradients by the inputs y [T], from those by the outputs, g [T].
   *
   * @return the gradient by the leak 1/tau
   */
  double backward(double[] y, double[] g, double[] gy) {
    return switch (neuron.kind()) {
      case IDENTITY -> {
        System.arraycopy(g, 0, gy, 0, g.length);
        yield 0;
      }
      case RELU -> {
        for (int t = 0; t < g.length; t++) {
          gy[t] = y[t] > 0 ? g[t] : 0;
        }
        yield 0;
      }
      default -> backwardThroughTime(rest(), 0, y, g, gy).leak();
    };
  }

  /** Gradients by the leak 1/tau and by the potential before the first step. */
  record Ends(double leak, double start) {}

  /**
   * gy [T] as above, of a spiking neuron.
   *
   * @param start the potential before the first step
   * @param gradAfter the gradient by the potential after the last
   */
  Ends backwardThroughTime(double start, double gradAfter, double[] y, double[] g, double[] gy) {
    double[] h = new double[y.length];
    potentials(start, y, h);
    boolean leaks = neuron.kind() != Neuron.Kind.IF;
    double gradLeak = 0;
    double gradV = gradAfter;
    for (int t = y.length - 1; t >= 0; t--) {
      boolean spike = fires(h[t]);
      double sg = surrogate(h[t] - vThreshold);
      // dv/dh: directly, and through the spike.
      double dv = hardReset() ? (spike ? 0 : 1) : 1;
      if (!neuron.detachReset()) {
        dv += sg * (hardReset() ? vReset - h[t] : -vThreshold);
      }
      double gh = g[t] * sg + gradV * dv;
      double above = (t == 0 ? start : reset(h[t - 1], fires(h[t - 1]))) - rest();
      boolean decay = leaks && neuron.decayInput();
      gradLeak += gh * (decay ? y[t] - above : -above);
      gy[t] = decay ? gh * leak : gh;
      gradV = gh * (1 - leak);
    }
    return new Ends(gradLeak, gradV);
  }
}
