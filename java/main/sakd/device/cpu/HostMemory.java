package sakd.device.cpu;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;

/** Memory of the process outside the Java heap, aligned to {@value #ALIGNMENT} bytes. */
public final class HostMemory extends Memory {
  /** A cache line, and a vector of AVX-512. */
  public static final int ALIGNMENT = 64;

  /** What was allocated; views share that of their parent, so that they end with it. */
  private static final class Block {
    private long start;

    Block(long start) {
      this.start = start;
    }

    /** Once, whoever else does. */
    synchronized void free() {
      if (start != 0) {
        Native.free(start);
        start = 0;
      }
    }
  }

  private final Block block;
  private final long address;
  private final boolean owner;

  private HostMemory(Block block, long address, long bytes, boolean owner) {
    super(bytes);
    this.block = block;
    this.address = address;
    this.owner = owner;
  }

  /**
   * Uninitialised memory.
   *
   * @throws OutOfDeviceMemory if there is not so much left
   */
  public static HostMemory allocate(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("cannot allocate " + bytes + " bytes");
    }
    long alignment = bytes >= HugePages.LEAST_BYTES ? HugePages.BYTES : ALIGNMENT;
    // Room to move the start up to the alignment.
    long start = bytes > Long.MAX_VALUE - alignment ? 0 : Native.malloc(bytes + alignment);
    if (start == 0) {
      throw new OutOfDeviceMemory(
          "the machine has no "
              + (bytes >> 20)
              + " MiB of memory left; choose a smaller --batch-size or --T");
    }
    long aligned = (start + alignment - 1) & -alignment;
    if (alignment > ALIGNMENT) {
      HugePages.advise(aligned, bytes);
    }
    return new HostMemory(new Block(start), aligned, bytes, true);
  }

  /**
   * Where it starts.
   *
   * @throws IllegalStateException if it has been freed
   */
  public long address() {
    if (block.start == 0) {
      throw new IllegalStateException("the memory has been freed");
    }
    return address;
  }

  /**
   * The {@code bytes} bytes from {@code offset} as a buffer in the machine's byte order, to be used
   * before the memory is closed.
   *
   * @throws IndexOutOfBoundsException if they do not lie inside this piece
   */
  public ByteBuffer buffer(long offset, int bytes) {
    if (offset < 0 || bytes < 0 || offset > bytes() - bytes) {
      throw new IndexOutOfBoundsException(
          "bytes " + offset + " to " + (offset + bytes) + " of " + bytes());
    }
    return new Pointer(address() + offset).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }

  /** Sets every byte to zero. */
  public void clear() {
    new Pointer(address()).clear(bytes());
  }

  @Override
  protected Memory slice(long offset, long bytes) {
    return new HostMemory(block, address() + offset, bytes, false);
  }

  @Override
  public void close() {
    if (owner) {
      block.free();
    }
  }

  /** The memory itself if it is large enough; else it is closed, and one that is comes instead. */
  static HostMemory atLeast(HostMemory memory, long bytes) {
    if (memory.bytes() >= bytes) {
      return memory;
    }
    memory.close();
    return HostMemory.allocate(bytes);
  }
}
