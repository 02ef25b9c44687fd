package sakd.data.event;

/** The times of a counter of a few bits, which starts again at 0 when it is full. */
final class Counter {
  private final long period;
  private long before;
  private long turns;

  Counter(int bits) {
    this.period = 1L << bits;
  }

  /**
   * The time of the next event, which falls by more than half a period only where it started again.
   */
  long time(long counted) {
    if (counted < before - period / 2) {
      turns += period;
    }
    before = counted;
    return turns + counted;
  }
}
