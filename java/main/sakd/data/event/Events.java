package sakd.data.event;

import java.util.Arrays;

/**
 * The events of a recording: where the light changed, when, and whether it grew. Grows as a reader
 * adds to it.
 */
public final class Events {
  private int size;
  private short[] x = new short[1024];
  private short[] y = new short[1024];
  private boolean[] on = new boolean[1024];
  private long[] time = new long[1024];

  /**
   * Adds an event.
   *
   * @param x column, from 0 at the left
   * @param y row, from 0 at the top
   * @param on whether it got brighter
   * @param time in microseconds
   */
  public void add(int x, int y, boolean on, long time) {
    if (size == this.time.length) {
      int more = Math.addExact(size, size);
      this.x = Arrays.copyOf(this.x, more);
      this.y = Arrays.copyOf(this.y, more);
      this.on = Arrays.copyOf(this.on, more);
      this.time = Arrays.copyOf(this.time, more);
    }
    this.x[size] = (short) x;
    this.y[size] = (short) y;
    this.on[size] = on;
    this.time[size++] = time;
  }

  /** The number of events. */
  public int size() {
    return size;
  }

  /** The column of an event. */
  public int x(int index) {
    return x[index] & 0xffff;
  }

  /** The row of an event. */
  public int y(int index) {
    return y[index] & 0xffff;
  }

  /** Whether an event says brighter. */
  public boolean on(int index) {
    return on[index];
  }

  /** The time of an event, in microseconds. */
  public long time(int index) {
    return time[index];
  }

  /** The events of [from, to) microseconds. */
  public Events between(long from, long to) {
    Events part = new Events();
    for (int i = 0; i < size; i++) {
      if (time[i] >= from && time[i] < to) {
        part.add(x(i), y(i), on[i], time[i]);
      }
    }
    return part;
  }

  /** The events of the first columns and rows. */
  public Events within(int height, int width) {
    Events part = new Events();
    for (int i = 0; i < size; i++) {
      if (x(i) < width && y(i) < height) {
        part.add(x(i), y(i), on[i], time[i]);
      }
    }
    return part;
  }

  /** The earliest time; Long.MAX_VALUE without events. */
  public long first() {
    long first = Long.MAX_VALUE;
    for (int i = 0; i < size; i++) {
      first = Math.min(first, time[i]);
    }
    return first;
  }

  /** The latest time; Long.MIN_VALUE without events. */
  public long last() {
    long last = Long.MIN_VALUE;
    for (int i = 0; i < size; i++) {
      last = Math.max(last, time[i]);
    }
    return last;
  }

  /** The same events sorted by time, those of one time as before; this where they are already. */
  public Events inOrderOfTime() {
    int[] order = new int[size];
    boolean sorted = true;
    for (int i = 0; i < size; i++) {
      order[i] = i;
      sorted &= i == 0 || time[i - 1] <= time[i];
    }
    if (sorted) {
      return this;
    }
    int[] merged = new int[size];
    for (int run = 1; run < size; run = 2 * run) {
      for (int from = 0; from < size; from += 2 * run) {
        merge(order, merged, from, Math.min(size, from + run), Math.min(size, from + 2 * run));
      }
      int[] swapped = order;
      order = merged;
      merged = swapped;
    }
    Events events = new Events();
    for (int i : order) {
      events.add(x(i), y(i), on[i], time[i]);
    }
    return events;
  }

  /** Merges the sorted [from, middle) and [middle, to). */
  private void merge(int[] order, int[] merged, int from, int middle, int to) {
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      boolean takeLeft = right == to || (left < middle && time[order[left]] <= time[order[right]]);
      merged[i] = order[takeLeft ? left++ : right++];
    }
  }

  /**
   * Counts the events in frames {@code [frames, 2, height, width]}, the first channel of those that
   * say darker; a count is at most 255.
   *
   * <p>By count, frame j has the events {@code [j floor(N/T), (j+1) floor(N/T))}; by time, those of
   * {@code [t0 + j floor(D/T), t0 + (j+1) floor(D/T))} with D the time from the first to the last
   * event. The last frame has the rest too. As SpikingJelly's {@code
   * integrate_events_by_fixed_frames_number}.
   *
   * @throws IllegalArgumentException if an event lies outside the frames
   */
  public byte[] frames(int frames, int height, int width, FrameSplit split) {
    byte[] counts = new byte[frames * 2 * height * width];
    if (size == 0) {
      return counts;
    }
    long first = first();
    long span = Math.max(1, split == FrameSplit.COUNT ? size / frames : (last() - first) / frames);
    for (int i = 0; i < size; i++) {
      int column = x(i);
      int row = y(i);
      if (column >= width || row >= height) {
        throw new IllegalArgumentException(
            "event " + i + " lies at column " + column + ", row " + row);
      }
      long since = split == FrameSplit.COUNT ? i : time[i] - first;
      int frame = (int) Math.min(frames - 1, since / span);
      int at = ((frame * 2 + (on[i] ? 1 : 0)) * height + row) * width + column;
      if (counts[at] != (byte) 255) {
        counts[at]++;
      }
    }
    return counts;
  }

  /**
   * The same in frames of fewer pixels than the sensor's {@code height} and {@code width}, as
   * {@link SmallerFrames} sums them up.
   *
   * @throws IllegalArgumentException if an event lies outside the sensor
   */
  public byte[] frames(
      int frames, int height, int width, FrameSplit split, int outHeight, int outWidth) {
    byte[] counts = frames(frames, height, width, split);
    return outHeight == height && outWidth == width
        ? counts
        : SmallerFrames.of(counts, 2 * frames, height, width, outHeight, outWidth);
  }
}
