package sakd.device.cuda;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import sakd.device.Memory;

/** A piece of a GPU's memory: an address. */
final class CudaMemory extends Memory {
  /** JCuda's pointer, which keeps the address to itself. */
  static final class Address extends CUdeviceptr {
    Address() {}

    private Address(Address start, long offset) {
      super(start, offset);
    }

    long value() {
      return getNativePointer() + getByteOffset();
    }
  }

  /** What was allocated at once. */
  private static final class Block {
    private final CudaDevice device;
    private final Address start;
    private boolean closed;

    Block(CudaDevice device, Address start) {
      this.device = device;
      this.start = start;
    }
  }

  private final Block block;
  private final Address address;
  private final long value;
  private final boolean owner;

  private CudaMemory(Block block, Address address, long bytes, boolean owner) {
    super(bytes);
    this.block = block;
    this.address = address;
    this.value = address.value();
    this.owner = owner;
  }

  /** The memory at this address, which is freed when it is closed. */
  static CudaMemory of(CudaDevice device, Address start, long bytes) {
    return new CudaMemory(new Block(device, start), start, bytes, true);
  }

  boolean belongsTo(CudaDevice device) {
    return block.device == device;
  }

  /** For JCuda. */
  CUdeviceptr pointer() {
    requireOpen();
    return address;
  }

  /** For the arguments of a kernel. */
  long address() {
    requireOpen();
    return value;
  }

  private void requireOpen() {
    if (block.closed) {
      throw new IllegalStateException(
          "memory on " + block.device.name() + " is used after its close");
    }
  }

  @Override
  protected Memory slice(long offset, long bytes) {
    requireOpen();
    if (offset % CudaDevice.ALIGNMENT != 0) {
      throw new IllegalArgumentException(
          "a view must start at a multiple of "
              + CudaDevice.ALIGNMENT
              + " bytes on "
              + block.device.name()
              + ", not at "
              + offset);
    }
    return new CudaMemory(block, new Address(address, offset), bytes, false);
  }

  @Override
  public void close() {
    if (owner && !block.closed) {
      block.device.context().makeCurrent();
      block.closed = true;
      block.device.forget(this);
      // The driver waits for work that uses it.
      CudaErrors.check(
          "freeing " + bytes() + " bytes on " + block.device.name(),
          JCudaDriver.cuMemFree(block.start));
    }
  }
}
