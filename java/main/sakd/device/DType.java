package sakd.device;

/** Type of the elements of a tensor in a device's memory. */
public enum DType {
  F32(4),
  F16(2),
  BF16(2),
  I32(4),
  U8(1);

  /** Bytes of one element. */
  public final int size;

  DType(int size) {
    this.size = size;
  }

  /** Whether activations may be stored in this type; arithmetic is float32 all the same. */
  public boolean isStorage() {
    return this == F32 || this == F16 || this == BF16;
  }
}
