package sakd.nn;

import sakd.ops.Tensor;

/** A value on a {@link Tape}, and once the backward pass has reached it, its gradient. */
public final class Var {
  private final Tensor value;
  private final boolean needsGradient;
  private Tensor gradient;
  private int mostSpikes;

  Var(Tensor value, boolean needsGradient) {
    this.value = value;
    this.needsGradient = needsGradient;
  }

  public Tensor value() {
    return value;
  }

  /** Whether any parameter lies behind this value. */
  public boolean needsGradient() {
    return needsGradient;
  }

  /**
   * The largest number of spikes that an element can be the sum of: 1 behind a neuron, more behind
   * blocks that add; 0 if elements are real numbers.
   */
  public int mostSpikes() {
    return mostSpikes;
  }

  /** Says what {@link #mostSpikes} of this value is, and returns the value. */
  Var mostSpikes(int most) {
    mostSpikes = most;
    return this;
  }

  /** The gradient so far, or null. */
  public Tensor gradient() {
    return gradient;
  }

  void gradient(Tensor g) {
    gradient = g;
  }
}
