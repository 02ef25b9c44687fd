package sakd.device;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.function.ToLongFunction;

/**
 * The arguments of a launch in native memory, the way cuLaunchKernel and our host kernels take
 * them: a pointer to each value. One block is filled anew by every launch.
 */
public final class KernelArguments {
  private static final int MOST_ARGUMENTS = 32;

  /** Pointers first, then the values they point to. */
  private final com.sun.jna.Memory block = new com.sun.jna.Memory(2L * 8 * MOST_ARGUMENTS);

  private final ToLongFunction<Memory> address;

  /**
   * @param address of the first byte of the device's memory
   */
  public KernelArguments(ToLongFunction<Memory> address) {
    this.address = address;
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      block.setPointer(8L * i, block.share(8L * (MOST_ARGUMENTS + i)));
    }
  }

  /** The block itself. */
  public Pointer pointer() {
    return block;
  }

  /** The block itself, for those who take buffers. */
  public ByteBuffer buffer() {
    return block.getByteBuffer(0, block.size());
  }

  /** Fills the block; null is a null pointer. */
  public void pack(Object... values) {
    for (int i = 0; i < values.length; i++) {
      long at = 8L * (MOST_ARGUMENTS + i);
      Object value = values[i];
      if (value == null) {
        block.setLong(at, 0);
      } else if (value instanceof Memory m) {
        block.setLong(at, address.applyAsLong(m));
      } else if (value instanceof Integer v) {
        block.setInt(at, v);
      } else if (value instanceof Long v) {
        block.setLong(at, v);
      } else {
        block.setFloat(at, (Float) value);
      }
    }
  }
}
