package sakd.device;

/** Type of the elements of a tensor in a device's memory. */
public enum DType {
  F32(4, "float32"),
  F16(2, "fp16"),
  BF16(2, "bf16"),
  I32(4, "int32"),
  U8(1, "uint8");

  /** Bytes of one element. */
  public final int size;

  private final String label;

  DType(int size, String label) {
    this.size = size;
    this.label = label;
  }

  /** As people write it. */
  public String label() {
    return label;
  }

  /** Whether activations may be stored in this type; arithmetic is float32 all the same. */
  public boolean isStorage() {
    return this == F32 || this == F16 || this == BF16;
  }
}
