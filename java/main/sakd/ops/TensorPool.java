package sakd.ops;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;

/**
 * Keeps the memory of closed tensors for the next of about their size: after the first training
 * step no memory is asked of the device any more. Reuse is safe because a device works in order.
 * Where the device has no more, what is kept is given back and the device asked again.
 *
 * <p>A recorded graph writes to the same memory at each launch. What its recording took is
 * therefore kept apart until the last graph is closed: for other recordings, as graphs run one
 * after the other, and for work between two launches that leaves no tensor open ({@link #lend}).
 */
final class TensorPool implements AutoCloseable {
  /** A kept piece may be larger than asked by this factor, so that odd sizes still find one. */
  private static final double SLACK = 1.25;

  private static final long GRAIN = 512;
  private static final int LARGEST_REPORTED = 3;

  private final Device device;
  private final FreeList free = new FreeList();
  private final FreeList recorded = new FreeList();

  /** Memory that graphs write to, free or not. */
  private final Set<Memory> ofGraphs = Collections.newSetFromMap(new IdentityHashMap<>());

  /** The tensors asked for with the most bytes, and these. */
  private final Map<String, Long> largest = new TreeMap<>();

  private boolean recording;
  private boolean lending;
  private int graphs;
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
    Memory memory = take((bytes + GRAIN - 1) / GRAIN * GRAIN, type, shape);
    current += memory.bytes();
    peak = Math.max(peak, current);
    return new Tensor(memory, () -> give(memory), type, shape);
  }

  /**
   * The smallest piece that suits. Of both lists, so that a recording finds the very sizes that the
   * same work found unrecorded, and asks the device for none.
   */
  private Memory take(long bytes, DType type, int... shape) {
    boolean both = recording || lending;
    FreeList list = both && recorded.fit(bytes) <= free.fit(bytes) ? recorded : free;
    Memory memory = list.take(bytes);
    if (memory == null) {
      note(bytes, type, shape);
      memory = fromDevice(bytes, type, shape);
    }
    if (recording) {
      ofGraphs.add(memory);
    }
    return memory;
  }

  private Memory fromDevice(long bytes, DType type, int... shape) {
    try {
      return device.allocate(bytes);
    } catch (OutOfDeviceMemory first) {
      free.close();
      try {
        return device.allocate(bytes);
      } catch (OutOfDeviceMemory second) {
        throw new OutOfDeviceMemory(
            "no memory for a tensor "
                + type
                + Arrays.toString(shape)
                + " of "
                + mebibytes(bytes)
                + ": "
                + report()
                + "; "
                + second.getMessage(),
            second);
      }
    }
  }

  private void note(long bytes, DType type, int... shape) {
    largest.put(type + Arrays.toString(shape), bytes);
    if (largest.size() > LARGEST_REPORTED) {
      largest.remove(Collections.min(largest.entrySet(), Map.Entry.comparingByValue()).getKey());
    }
  }

  /** What is where, for people. */
  private String report() {
    return String.format(
        Locale.ROOT,
        "%s are in tensors (at most %s were), %s kept for graphs, and the largest asked for are %s",
        mebibytes(current),
        mebibytes(peak),
        mebibytes(kept()),
        largest.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .map(e -> e.getKey() + " (" + mebibytes(e.getValue()) + ")")
            .collect(Collectors.joining(", ")));
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }

  private void give(Memory memory) {
    current -= memory.bytes();
    // What is closed while recording may have been read by recorded work.
    if (recording) {
      ofGraphs.add(memory);
    }
    (ofGraphs.contains(memory) ? recorded : free).give(memory);
  }

  /** From here to {@link #endRecording} work is recorded, not run. */
  void beginRecording() {
    recording = true;
    graphs++;
  }

  /** Ends what {@link #beginRecording} began; the memory stays apart until {@link #graphClosed}. */
  void endRecording() {
    recording = false;
  }

  /** A recording has failed, or its graph is closed. */
  void graphClosed() {
    if (--graphs == 0) {
      ofGraphs.clear();
      recorded.moveTo(free);
    }
  }

  /** Runs work that closes every tensor it allocates; it may use the memory of graphs. */
  void lend(Runnable work) {
    lending = true;
    try {
      work.run();
    } finally {
      lending = false;
    }
  }

  long current() {
    return current;
  }

  long peak() {
    return peak;
  }

  /** Bytes of no tensor that are kept for the next. */
  long kept() {
    return free.bytes() + recorded.bytes();
  }

  void resetPeak() {
    peak = current;
  }

  /** Frees what is kept; tensors still open keep theirs. */
  @Override
  public void close() {
    free.close();
    recorded.close();
  }

  /** Pieces of memory by their size. */
  private static final class FreeList {
    private final TreeMap<Long, ArrayDeque<Memory>> pieces = new TreeMap<>();

    /** The size of the smallest piece of about this size, or the largest number. */
    long fit(long bytes) {
      Long size = pieces.ceilingKey(bytes);
      return size == null || size > bytes * SLACK ? Long.MAX_VALUE : size;
    }

    /** A piece of about this size, or null. */
    Memory take(long bytes) {
      long size = fit(bytes);
      ArrayDeque<Memory> those = pieces.get(size);
      if (those == null) {
        return null;
      }
      Memory memory = those.pop();
      if (those.isEmpty()) {
        pieces.remove(size);
      }
      return memory;
    }

    void give(Memory memory) {
      pieces.computeIfAbsent(memory.bytes(), b -> new ArrayDeque<>()).push(memory);
    }

    void moveTo(FreeList other) {
      pieces.values().forEach(kept -> kept.forEach(other::give));
      pieces.clear();
    }

    long bytes() {
      return pieces.entrySet().stream().mapToLong(e -> e.getKey() * e.getValue().size()).sum();
    }

    void close() {
      pieces.values().forEach(kept -> kept.forEach(Memory::close));
      pieces.clear();
    }
  }
}
