package sakd.testing;

import java.util.ArrayList;
import java.util.List;

/**
 * Reverse-mode differentiation of scalars, for checking gradients that were derived by hand: write
 * the forward pass with these numbers, then {@link #backward}.
 */
public final class Tape {
  private final List<Runnable> pullbacks = new ArrayList<>();

  /** A number on the tape. */
  public final class Num {
    public final double value;
    public double grad;

    private Num(double value) {
      this.value = value;
    }

    public Num plus(Num b) {
      return result(value + b.value, this, 1, b, 1);
    }

    public Num minus(Num b) {
      return result(value - b.value, this, 1, b, -1);
    }

    public Num times(Num b) {
      return result(value * b.value, this, b.value, b, value);
    }

    public Num over(Num b) {
      return result(value / b.value, this, 1 / b.value, b, -value / (b.value * b.value));
    }

    public Num squareRoot() {
      double root = Math.sqrt(value);
      return apply(root, 0.5 / root);
    }

    public Num sigmoid() {
      double s = 1 / (1 + Math.exp(-value));
      return apply(s, s * (1 - s));
    }

    /** A function of this number with that value, whose derivative is said to be this. */
    public Num apply(double result, double derivative) {
      return result(result, this, derivative, this, 0);
    }

    /** The same value, through which no gradient flows. */
    public Num detach() {
      return number(value);
    }
  }

  public Num number(double value) {
    return new Num(value);
  }

  private Num result(double value, Num a, double da, Num b, double db) {
    Num r = new Num(value);
    pullbacks.add(
        () -> {
          a.grad += da * r.grad;
          b.grad += db * r.grad;
        });
    return r;
  }

  /** Gradients of {@code loss} by all numbers it was made of. */
  public void backward(Num loss) {
    loss.grad = 1;
    for (int i = pullbacks.size() - 1; i >= 0; i--) {
      pullbacks.get(i).run();
    }
  }
}
