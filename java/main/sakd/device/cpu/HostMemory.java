package sakd.device.cpu;

import com.sun.jna.Native;
import sakd.device.Memory;

/** placeholder until merge */
public final class HostMemory extends Memory {
  private final long address;
  private final long base;

  private boolean open = true;

  private HostMemory(long base, long address, long bytes) {
    super(bytes);
    this.base = base;
    this.address = address;
  }

  public static HostMemory allocate(long bytes) {
    long base = Native.malloc(bytes + 64);
    return new HostMemory(base, (base + 63) & -64L, bytes);
  }

  public long address() {
    return address;
  }

  @Override
  protected Memory slice(long offset, long bytes) {
    return new HostMemory(0, address + offset, bytes);
  }

  @Override
  public void close() {
    if (base != 0 && open) {
      open = false;
      Native.free(base);
    }
  }
}
