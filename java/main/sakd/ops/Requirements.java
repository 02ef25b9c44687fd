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
