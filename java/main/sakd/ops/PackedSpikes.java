package sakd.ops;

import static sakd.ops.Requirements.require;

import sakd.device.DType;

/** How spikes, and sums of spikes, lie in a U8 tensor; see {@link NeuronOps#allocateSpikes}. */
public final class PackedSpikes {
  /** The largest sum of spikes that fits a byte. */
  public static final int MOST = 255;

  private static final int BITS = 8;

  private PackedSpikes() {}

  /**
   * How many neighbouring channels share a byte as bits.
   *
   * @param lanes channels that a kernel's item works on: it writes whole bytes
   */
  private static int perByte(int lanes) {
    return Math.min(BITS, lanes);
  }

  /** As {@link NeuronOps#allocateSpikes}. */
  static Tensor allocate(Ops ops, Tensor like, int most, int lanes) {
    require(like.type().isStorage() && most >= 1 && most <= MOST, like, most);
    int[] shape = like.shape();
    if (most == 1) {
      shape[shape.length - 1] /= perByte(lanes);
    }
    return ops.allocate(DType.U8, shape);
  }

  /**
   * Whether the elements of {@code full} are bits in {@code packed}; the check of both.
   *
   * @return false where they are bytes, which a single bit in a byte is too
   */
  static boolean areBits(Tensor packed, Tensor full, int lanes) {
    boolean bytes = packed.size() == full.size();
    require(
        packed.type() == DType.U8
            && full.type().isStorage()
            && (bytes || packed.size() * perByte(lanes) == full.size()),
        packed,
        full);
    return !bytes;
  }
}
