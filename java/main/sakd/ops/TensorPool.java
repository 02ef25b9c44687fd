package sakd.ops;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;

/**
 * Keeps the memory of closed tensors for the next of about their size: after the first training
 * step no memory is asked of the device any more. Reuse is safe because a device works in order.
 */
final class TensorPool implements AutoCloseable {
  /** A kept piece may be larger than asked by this factor, so that odd sizes still find one. */
  private static final double SLACK = 1.25;

  private static final long GRAIN = 512;

  private final Device device;
  private final TreeMap<Long, ArrayDeque<Memory>> free = new TreeMap<>();
  private long current;
  private long peak;

  TensorPool(Device device) {
    this.device = device;
  }

  Tensor allocate(DType type, int... shape) {
    long bytes = type.size;
    for (int d : shape) {
      if (d < 1) {
        throw new IllegalArgumentException("a tensor's sizes must be positive");
      }
      bytes *= d;
    }
    Memory memory = take((bytes + GRAIN - 1) / GRAIN * GRAIN);
    current += memory.bytes();
    peak = Math.max(peak, current);
    return new Tensor(memory, () -> give(memory), type, shape);
  }

  private Memory take(long bytes) {
    Map.Entry<Long, ArrayDeque<Memory>> fit = free.ceilingEntry(bytes);
    if (fit == null || fit.getKey() > bytes * SLACK) {
      return device.allocate(bytes);
    }
    Memory memory = fit.getValue().pop();
    if (fit.getValue().isEmpty()) {
      free.remove(fit.getKey());
    }
    return memory;
  }

  private void give(Memory memory) {
    current -= memory.bytes();
    free.computeIfAbsent(memory.bytes(), b -> new ArrayDeque<>()).push(memory);
  }

  long current() {
    return current;
  }

  long peak() {
    return peak;
  }

  void resetPeak() {
    peak = current;
  }

  /** Frees what is kept; tensors still open keep theirs. */
  @Override
  public void close() {
    free.values().forEach(kept -> kept.forEach(Memory::close));
    free.clear();
  }
}
