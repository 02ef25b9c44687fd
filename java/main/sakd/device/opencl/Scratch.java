package sakd.device.opencl;

import sakd.device.Memory;

/** Memory between the kernels of one operation: as large as the largest so far. */
final class Scratch implements AutoCloseable {
  private final OpenClDevice device;
  private Memory memory;

  Scratch(OpenClDevice device) {
    this.device = device;
  }

  /** Room for so many numbers of 32 bits. */
  Memory atLeast(long numbers) {
    long bytes = numbers * Float.BYTES;
    if (bytes() < bytes) {
      close();
      memory = device.allocate(bytes);
    }
    return memory;
  }

  /** As {@link #atLeast}, for memory that nobody writes: all zero. */
  Memory zeros(long numbers) {
    if (bytes() < numbers * Float.BYTES) {
      device.zero(atLeast(numbers));
    }
    return memory;
  }

  long bytes() {
    return memory == null ? 0 : memory.bytes();
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
