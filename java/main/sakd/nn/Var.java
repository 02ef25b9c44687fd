package sakd.nn;

import java.util.function.Consumer;
import java.util.function.Supplier;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** A value on a {@link Tape}, and once the backward pass has reached it, its gradient. */
public final class Var {
  private Tensor value;

  /** Computes the value anew; null if it has to be kept. */
  private Supplier<Tensor> restore;

  private boolean dropped;
  private final boolean needsGradient;
  private Tensor gradient;
  private int mostSpikes;

  Var(Tensor value, boolean needsGradient) {
    this.value = value;
    this.needsGradient = needsGradient;
  }

  /** The value; one that the tape has freed meanwhile is computed anew. */
  public Tensor value() {
    if (dropped) {
      value = restore.get();
      dropped = false;
    }
    return value;
  }

  /** Type of the value. */
  DType type() {
    return value.type();
  }

  /** Shape of the value. */
  int[] shape() {
    return value.shape();
  }

  /**
   * Says how the very same value is computed again, and returns this.
   *
   * @param compute assigns to the tensor it gets, which is like the value
   */
  Var restoredBy(Ops ops, Consumer<Tensor> compute) {
    restore =
        () -> {
          Tensor again = ops.allocate(type(), shape());
          compute.accept(again);
          return again;
        };
    return this;
  }

  /** Frees the value, to be restored where it is asked for again, if it can be. */
  void drop() {
    if (restore != null) {
      dropped = true;
      value.close();
    }
  }

  /** Frees the value for good. */
  void close() {
    restore = null;
    dropped = false;
    value.close();
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
