package sakd.ops;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import sakd.device.DType;
import sakd.device.Memory;

/**
 * An array in a device's memory: dense, row-major, the last dimension innermost. Activations are
 * [T', N, H, W, C] with T' = T or 1 (the same at every step), or [T', N, C].
 */
public final class Tensor implements AutoCloseable {
  private final Memory memory;
  private final Runnable release;
  private final DType type;
  private final int[] shape;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * A tensor over memory that is at least as large as the shape asks for; closing the tensor runs
   * {@code release}, once.
   */
  public Tensor(Memory memory, Runnable release, DType type, int... shape) {
    this.memory = memory;
    this.release = release;
    this.type = type;
    this.shape = shape.clone();
    if (memory.bytes() < bytes(type, shape)) {
      throw new IllegalArgumentException(
          memory.bytes() + " bytes are too few for " + type + Arrays.toString(shape));
    }
  }

  /**
   * The bytes that a tensor takes.
   *
   * @throws IllegalArgumentException if a size is negative, or they are more than can be counted
   */
  static long bytes(DType type, int... shape) {
    long bytes = type.size;
    for (int d : shape) {
      if (d < 0 || (d > 0 && bytes > Long.MAX_VALUE / d)) {
        throw new IllegalArgumentException("no tensor can be " + type + Arrays.toString(shape));
      }
      bytes *= d;
    }
    return bytes;
  }

  /**
   * The memory.
   *
   * @throws IllegalStateException if the tensor is closed
   */
  public Memory memory() {
    if (!open.get()) {
      throw new IllegalStateException(this + " is closed");
    }
    return memory;
  }

  public DType type() {
    return type;
  }

  public int[] shape() {
    return shape.clone();
  }

  /** Size along dimension {@code d}; negative counts from the last. */
  public int dim(int d) {
    return shape[d < 0 ? shape.length + d : d];
  }

  public int rank() {
    return shape.length;
  }

  /** Number of elements. */
  public long size() {
    return product(0, shape.length);
  }

  /** Product of the sizes of dimensions {@code from} (inclusive) to {@code to} (exclusive). */
  public long product(int from, int to) {
    long n = 1;
    for (int d = from; d < to; d++) {
      n *= shape[d];
    }
    return n;
  }

  /** Channels: the size of the innermost dimension. */
  public int channels() {
    return shape[shape.length - 1];
  }

  /** Rows of channels: the product of all dimensions but the last. */
  public long rows() {
    return product(0, shape.length - 1);
  }

  /** The same elements in another shape of the same size; shares the memory, owns nothing. */
  public Tensor reshape(int... to) {
    Tensor t = new Tensor(memory(), () -> {}, type, to);
    if (t.size() != size()) {
      throw new IllegalArgumentException(
          "cannot view " + this + " as " + Arrays.toString(to) + ": sizes differ");
    }
    return t;
  }

  /**
   * {@code count} elements from {@code offset} as another shape; shares the memory, owns nothing.
   */
  public Tensor slice(long offset, int... to) {
    long count = 1;
    for (int d : to) {
      count *= d;
    }
    return new Tensor(memory().view(offset * type.size, count * type.size), () -> {}, type, to);
  }

  @Override
  public void close() {
    if (open.getAndSet(false)) {
      release.run();
    }
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}
