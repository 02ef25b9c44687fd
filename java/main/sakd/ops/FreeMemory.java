package sakd.ops;

import java.util.ArrayDeque;
import java.util.TreeMap;
import sakd.device.Memory;

/**
 * Closed memory, by its size and by who may have it next. Each of a device's two queues works in
 * order, so a queue may have what was closed by its own work at once; what the other one closed it
 * may still be using.
 */
final class FreeMemory {
  /** A kept piece may be larger than asked by this factor, so that odd sizes still find one. */
  private static final double SLACK = 1.25;

  private static final class Pieces extends TreeMap<Long, ArrayDeque<Memory>> {
    private static final long serialVersionUID = 1;

    long fit(long bytes) {
      Long size = ceilingKey(bytes);
      return size == null || size > bytes * SLACK ? Long.MAX_VALUE : size;
    }

    Memory take(long size) {
      ArrayDeque<Memory> those = get(size);
      Memory memory = those.pop();
      if (those.isEmpty()) {
        remove(size);
      }
      return memory;
    }

    void give(Memory memory) {
      computeIfAbsent(memory.bytes(), b -> new ArrayDeque<>()).push(memory);
    }

    void moveTo(Pieces other) {
      values().forEach(kept -> kept.descendingIterator().forEachRemaining(other::give));
      clear();
    }
  }

  private final Pieces anybodys = new Pieces();
  private final Pieces mains = new Pieces();
  private final Pieces sides = new Pieces();

  private Pieces own(boolean side) {
    return side ? sides : mains;
  }

  /** The size of the smallest piece of about this size, or the largest number. */
  long fit(long bytes, boolean side) {
    return Math.min(anybodys.fit(bytes), own(side).fit(bytes));
  }

  /** A piece of about this size, or null. */
  Memory take(long bytes, boolean side) {
    long size = fit(bytes, side);
    if (size == Long.MAX_VALUE) {
      return null;
    }
    return (own(side).containsKey(size) ? own(side) : anybodys).take(size);
  }

  /** Keeps what work of the main or the side queue closed last. */
  void give(Memory memory, boolean side) {
    own(side).give(memory);
  }

  /** The side queue waits for what the main one was given before. */
  void forked() {
    mains.moveTo(anybodys);
  }

  /** So does the main queue for the side one. */
  void joined() {
    forked();
    sides.moveTo(anybodys);
  }

  void moveTo(FreeMemory other) {
    anybodys.moveTo(other.anybodys);
    mains.moveTo(other.mains);
    sides.moveTo(other.sides);
  }

  long bytes() {
    return bytes(anybodys) + bytes(mains) + bytes(sides);
  }

  private static long bytes(Pieces pieces) {
    return pieces.entrySet().stream().mapToLong(e -> e.getKey() * e.getValue().size()).sum();
  }

  /** Frees it all. */
  void close() {
    for (Pieces pieces : new Pieces[] {anybodys, mains, sides}) {
      pieces.values().forEach(kept -> kept.forEach(Memory::close));
      pieces.clear();
    }
  }
}
