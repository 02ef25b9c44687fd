package sakd.device;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A processor with its memory: allocation, transfers and kernels. Work is submitted in order to one
 * queue; a device is used by one thread at a time, which {@link #turn} sees to.
 */
public interface Device extends AutoCloseable {
  /** How {@code --device} names it: {@code cpu}, {@code opencl:0:0}, {@code cuda:0}. */
  String name();

  /** Whose turn it is; every use takes it. */
  Turn turn();

  /** One line for people: the processor, its memory, the libraries in use. */
  String description();

  /** Bytes that the offset of a {@link Memory#view} must be a multiple of. */
  int alignment();

  /** Whether activations can be stored in this type. */
  boolean supports(DType storage);

  /**
   * How many channels one kernel item should work on at most, for this storage.
   *
   * @param steps of how many steps an item holds values at a time: 1 but for a neuron's gradients
   */
  int preferredLanes(DType storage, int steps);

  /**
   * How many chunks a reduction over rows should be cut into, for a matrix of so many bytes. It has
   * rows and columns of items, or where {@link #hasWarps}, of what a block of threads takes at a
   * time.
   */
  int preferredChunks(long rows, long columns, long bytes);

  /**
   * Whether a kernel that writes all of {@code out} had better write past the caches: one compiled
   * with {@code -DSTREAM=1}, where that makes a difference.
   */
  default boolean bypassesCache(Memory out) {
    return false;
  }

  /**
   * Uninitialised memory, aligned to {@link #alignment()}.
   *
   * @throws OutOfDeviceMemory if the device has no such memory left
   */
  Memory allocate(long bytes);

  /**
   * Bytes of its memory that the device holds now for itself, beside what {@link #allocate} gave
   * out: workspaces of libraries, buffers of transfers.
   */
  default long ownBytes() {
    return 0;
  }

  /** Copies the buffer's remaining bytes in; the buffer may be reused when this returns. */
  void upload(ByteBuffer from, Memory to);

  /** Fills the buffer's remaining bytes; waits for the work before it. */
  void download(Memory from, ByteBuffer to);

  /** Copies {@code from} to {@code to}, of equal size, on the device. */
  void copy(Memory from, Memory to);

  /** Sets every byte to zero. */
  void zero(Memory memory);

  /**
   * The kernel, compiled at first use and kept.
   *
   * @throws sakd.base.UserError if it cannot be compiled here
   */
  Kernel kernel(KernelSpec spec);

  /**
   * Records what {@code work} submits instead of running it, to be run by {@link
   * CapturedGraph#launch} as often as wanted, on the same memory. The work may neither transfer to
   * or from the host nor ask the device for memory it has not given before.
   *
   * @return empty where the device has no graphs or could not record this work; nothing has run
   *     then, and the work can be submitted the ordinary way
   */
  default Optional<CapturedGraph> capture(Runnable work) {
    return Optional.empty();
  }

  /**
   * Submits work to a second queue, if the device has one: it runs after all that was submitted
   * before, and beside what is submitted after, until that is {@linkplain Pending#join joined}. The
   * work may neither transfer to or from the host nor wait. A graph has to join what was submitted
   * while it was recorded.
   */
  default Pending beside(Runnable work) {
    work.run();
    return () -> {};
  }

  /** Whether {@link Kernel#launchWarps} works here: kernels of {@code kernels/cuda} can be used. */
  default boolean hasWarps() {
    return false;
  }

  /** Convolution and matrix product on this device. */
  MatrixLibrary matrix();

  /** Waits until all submitted work is done. */
  void synchronize();

  @Override
  void close();
}
