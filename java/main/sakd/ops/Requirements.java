package sakd.ops;

import java.util.List;
import sakd.device.DType;

/** The checks that operations make of their arguments. */
final class Requirements {
  private Requirements() {}

  /** The check of arguments: all tensors of a call are named in the message. */
  static void require(boolean fits, Object... tensors) {
    if (!fits) {
      throw new IllegalArgumentException("sizes or types do not fit: " + List.of(tensors));
    }
  }

  /** The check of {@link Ops#subsample}: every second pixel, an even number of channels more. */
  static void requireSubsample(Tensor x, Tensor y) {
    require(
        storage(x, y)
            && x.rank() >= 3
            && y.dim(-3) == (x.dim(-3) + 1) / 2
            && y.dim(-2) == (x.dim(-2) + 1) / 2
            && y.product(0, y.rank() - 3) == x.product(0, x.rank() - 3)
            && y.channels() >= x.channels()
            && (y.channels() - x.channels()) % 2 == 0,
        x,
        y);
  }

  /** The check of what {@link Ops#neuronBackward} writes: all that there is to write, no more. */
  static void requireGradients(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor gradOut,
      Ops.NeuronGradients g) {
    boolean norm = affine != null;
    require(
        isThere(g.x(), true, x.type(), x.size())
            && isThere(g.residual(), merge.changesGradient(), x.type(), gradOut.size())
            && isThere(g.gamma(), norm, DType.F32, x.channels())
            && isThere(g.beta(), norm, DType.F32, x.channels())
            && isThere(g.leak(), neuron.kind() == Neuron.Kind.PLIF, DType.F32, 1),
        g,
        x);
  }

  /** Whether the tensor is of this type and size if it is wanted, and else null. */
  private static boolean isThere(Tensor t, boolean wanted, DType type, long size) {
    return wanted ? t != null && t.type() == type && t.size() == size : t == null;
  }

  /** Whether it is F32 of this size. */
  static boolean floats(Tensor t, long size) {
    return t.type() == DType.F32 && t.size() == size;
  }

  /** Whether it is I32 of this size. */
  static boolean ints(Tensor t, long size) {
    return t.type() == DType.I32 && t.size() == size;
  }

  /** Whether all are of one storage type. */
  static boolean storage(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (!t.type().isStorage() || t.type() != tensors[0].type()) {
        return false;
      }
    }
    return true;
  }
}
