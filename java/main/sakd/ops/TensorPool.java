package sakd.ops;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.device.Turn;

/**
 * Keeps the memory of closed tensors for the next of about their size: after the first training
 * step no memory is asked of the device any more. Reuse is safe because a queue works in order.
 * Where the device has no more, what is kept is given back and the device asked again.
 *
 * <p>Work of the second queue ({@link Ops#beside}) has memory of its own: what either queue closes
 * the other one gets only once it waits for it, and what the work reads is kept until then.
 *
 * <p>A recorded graph writes to the same memory at each launch. What its recording took is
 * therefore kept apart until the last graph is closed: for other recordings, as graphs run one
 * after the other, and for work between two launches that leaves no tensor open ({@link #lend}).
 */
final class TensorPool implements AutoCloseable {
  private static final long GRAIN = 512;
  private static final int LARGEST_REPORTED = 3;

  private final Device device;
  private final Turn turn;
  private final FreeMemory free = new FreeMemory();
  private final FreeMemory recorded = new FreeMemory();

  /** Memory that graphs write to, free or not. */
  private final Set<Memory> ofGraphs = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Those of them that the work at hand was lent. */
  private final Set<Memory> lent = Collections.newSetFromMap(new IdentityHashMap<>());

  /** The tensors asked for with the most bytes, and these. */
  private final Map<String, Long> largest = new TreeMap<>();

  private final ArrayDeque<Beside> pending = new ArrayDeque<>();
  private boolean side;
  private boolean recording;
  private boolean lending;
  private int graphs;
  private long current;
  private long peak;
  private volatile boolean closed;

  TensorPool(Device device) {
    this.device = device;
    this.turn = device.turn();
  }

  Tensor allocate(DType type, int... shape) {
    return turn.during(
        () -> {
          long bytes = Tensor.bytes(type, shape);
          if (bytes < type.size) {
            throw new IllegalArgumentException("a tensor's sizes must be positive");
          }
          Memory memory = take((bytes + GRAIN - 1) / GRAIN * GRAIN, type, shape);
          current += memory.bytes();
          peak = Math.max(peak, current);
          return new Tensor(memory, () -> takeBack(memory), type, shape);
        });
  }

  /**
   * The smallest piece that suits. Of both lists, so that a recording finds the very sizes that the
   * same work found unrecorded, and asks the device for none.
   */
  private Memory take(long bytes, DType type, int... shape) {
    boolean both = recording || lending;
    FreeMemory list = both && recorded.fit(bytes, side) <= free.fit(bytes, side) ? recorded : free;
    Memory memory = list.take(bytes, side);
    if (memory == null) {
      note(bytes, type, shape);
      memory = fromDevice(bytes, type, shape);
    }
    if (recording) {
      ofGraphs.add(memory);
    }
    if (lending && ofGraphs.contains(memory)) {
      lent.add(memory);
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

  private void takeBack(Memory memory) {
    if (closed) {
      memory.close();
      return;
    }
    turn.during(
        () -> {
          give(memory);
        });
  }

  private void give(Memory memory) {
    current -= memory.bytes();
    lent.remove(memory);
    // What is closed while recording may have been read by recorded work.
    if (recording) {
      ofGraphs.add(memory);
    }
    for (Iterator<Beside> i = pending.descendingIterator(); i.hasNext(); ) {
      Beside work = i.next();
      if (!side && work.reads.contains(memory)) {
        work.closed.add(memory);
        return;
      }
    }
    keep(memory);
  }

  private void keep(Memory memory) {
    (ofGraphs.contains(memory) ? recorded : free).give(memory, side);
    if (pending.isEmpty()) {
      joinedAll();
    }
  }

  private void joinedAll() {
    free.joined();
    recorded.joined();
  }

  /** Work in the second queue: what it reads, and what of that was closed since. */
  private record Beside(Set<Memory> reads, List<Memory> closed) {}

  /** From here to {@link #endBeside} work goes to the second queue. */
  void beginBeside(Tensor... reads) {
    free.forked();
    recorded.forked();
    Set<Memory> memory = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Tensor t : reads) {
      memory.add(t.memory());
    }
    pending.add(new Beside(memory, new ArrayList<>()));
    side = true;
  }

  void endBeside() {
    side = false;
  }

  boolean isBeside() {
    return side;
  }

  /** The main queue waits for the oldest work of the second one. */
  void joined() {
    pending.remove().closed.forEach(this::keep);
    if (pending.isEmpty()) {
      joinedAll();
    }
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
    lent.clear();
    try {
      work.run();
    } finally {
      lending = false;
    }
    if (!lent.isEmpty()) {
      throw new IllegalStateException("work has kept a tensor in memory that graphs write to");
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

  /** Frees what is kept; tensors still open keep theirs until they are closed. */
  @Override
  public void close() {
    closed = true;
    free.close();
    recorded.close();
  }
}
