package sakd.cli;

import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;
import sakd.ranks.World;
import sakd.train.Listener;

/**
 * Ends a training after the step at hand when Ctrl-C is pressed, or the process is told to end; the
 * second time the process ends at once. Between two checkpoints nothing is lost but time.
 *
 * <p>Of several processes that train together rank 0 does so when Ctrl-C is pressed, and tells the
 * others. Told to end, each ends at once: its launcher has no patience, and may have sent the
 * signal because another process is gone, of which there is a line to be printed.
 */
final class Interrupt implements Listener, AutoCloseable {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  /** Within this time a launcher may repeat the signal that a terminal sent to all. */
  private static final long REPEATED_NANOS = 1_000_000_000L;

  /** Thrown out of the training, whose memory is closed on the way. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int code;

    Stopped(String where, int code) {
      super(where);
      this.code = code;
    }

    /** The exit code by which a shell knows which signal it was. */
    int code() {
      return code;
    }
  }

  /** The exit code of the signal that came, or 0. */
  private final AtomicInteger code = new AtomicInteger();

  private final World world;
  private final Object beforeInt;
  private final Object beforeTerm;

  /** When the first signal came, by {@link System#nanoTime}. */
  private volatile long since;

  /**
   * Listens from here on.
   *
   * @param world the processes that train together
   */
  Interrupt(World world) {
    this.world = world;
    beforeInt = register("INT", SIGINT);
    beforeTerm = register("TERM", SIGTERM);
  }

  private Object register(String name, int number) {
    return Signals.register(
        name,
        () -> {
          boolean first = code.compareAndSet(0, 128 + number);
          if (first) {
            since = System.nanoTime();
          } else if (world.size() == 1 || System.nanoTime() - since > REPEATED_NANOS) {
            Runtime.getRuntime().halt(128 + number);
          }
          if (first && world.size() > 1 && (number == SIGTERM || world.rank() > 0)) {
            world.stopNow(128 + number);
          }
        });
  }

  @Override
  public void submitted(String phase, int epoch, int step) {
    if (code.get() != 0) {
      throw new Stopped("epoch " + epoch + " of " + phase, code.get());
    }
  }

  @Override
  public void step(StepSummary summary) {}

  @Override
  public void epoch(EpochSummary summary) {}

  @Override
  public void close() {
    Signals.unregister("INT", beforeInt);
    Signals.unregister("TERM", beforeTerm);
  }
}
