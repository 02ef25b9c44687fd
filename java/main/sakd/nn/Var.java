package sakd.nn;

import sakd.ops.Tensor;

/** A value on a {@link Tape}, and once the backward pass has reached it, its gradient. */
public final class Var {
  private final Tensor value;
  private final boolean needsGradient;
  private Tensor gradient;

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

  /** The gradient so far, or null. */
  public Tensor gradient() {
    return gradient;
  }

  void gradient(Tensor g) {
    gradient = g;
  }
}
