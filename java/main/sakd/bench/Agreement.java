package sakd.bench;

import sakd.device.DType;
import sakd.device.cpu.ReferenceDevice;
import sakd.ops.Ops;
import sakd.ops.ReferenceOps;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Whether a device computed what the reference did: nothing is timed that is wrong. */
final class Agreement {
  /**
   * A potential may be so near the threshold that rounding decides, but not more often than this.
   */
  private static final int ONE_OFF_IN = 1000;

  private Agreement() {}

  /** What devices are compared with. */
  static Ops reference() {
    ReferenceDevice device = new ReferenceDevice();
    return new ReferenceOps(device, device.matrix());
  }

  /**
   * Compares two tensors of one size.
   *
   * @throws IllegalStateException if more elements differ than rounding explains
   */
  static void require(String what, Ops ops, Tensor actual, Ops reference, Tensor expected) {
    float[] a = values(ops, actual);
    float[] e = values(reference, expected);
    double tolerance = actual.type() == DType.F32 ? 1e-4 : 2e-2;
    int off = 0;
    for (int i = 0; i < a.length; i++) {
      if (!(Math.abs(a[i] - e[i]) <= tolerance * (1 + Math.abs(e[i])))) {
        off++;
      }
    }
    if ((long) off * ONE_OFF_IN > a.length) {
      throw new IllegalStateException(
          what
              + " is wrong on "
              + ops.device().name()
              + ": "
              + off
              + " of "
              + a.length
              + " elements differ from the reference; nothing was measured");
    }
  }

  private static float[] values(Ops ops, Tensor t) {
    try (Tensor plain = ops.allocate(DType.F32, t.shape())) {
      ops.convert(t, plain);
      return Transfers.floats(ops.device(), plain);
    }
  }
}
