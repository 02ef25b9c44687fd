package sakd.device;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Whose turn it is at a device: one thread's at a time, and nobody's once the device is closed.
 * What devices keep between calls, and native libraries too, would not survive two at once. It asks
 * no thread to wait, as one that took the device from another in the midst of its work would find
 * other numbers than it left: who uses a device from several threads lets them take turns.
 */
public final class Turn {
  private final Supplier<String> device;
  private final AtomicReference<Thread> holder = new AtomicReference<>();

  /** How often the holder has taken it; of the holder alone. */
  private int depth;

  private volatile boolean ended;

  /** The turn at a device of that name. */
  public Turn(Supplier<String> device) {
    this.device = device;
  }

  /**
   * Does something on the device; within it the same thread may do more.
   *
   * @throws IllegalStateException if another thread has the turn, or the device is closed
   */
  public void during(Runnable use) {
    take();
    try {
      use.run();
    } finally {
      giveBack();
    }
  }

  /** The same, of what gives something. */
  public <T> T during(Supplier<T> use) {
    take();
    try {
      return use.get();
    } finally {
      giveBack();
    }
  }

  private void take() {
    Thread me = Thread.currentThread();
    if (holder.get() != me) {
      if (!holder.compareAndSet(null, me)) {
        Thread other = holder.get();
        throw new IllegalStateException(
            "device "
                + device.get()
                + " is in use by the thread "
                + (other == null ? "of a moment ago" : other.getName())
                + "; expected one thread at a time, take turns by a lock or open a device for each"
                + " thread");
      }
      if (ended) {
        holder.set(null);
        throw new IllegalStateException(
            "device "
                + device.get()
                + " is closed; open it again, and close it after its last use");
      }
    }
    depth++;
  }

  /** Once for each {@link #take}. */
  private void giveBack() {
    if (--depth == 0) {
      holder.set(null);
    }
  }

  /**
   * Does the last thing on the device, after which it is nobody's turn; a second call does nothing.
   *
   * @throws IllegalStateException if another thread has the turn
   */
  public void end(Runnable last) {
    if (ended) {
      return;
    }
    during(
        () -> {
          last.run();
          ended = true;
        });
  }
}
