package sakd.cli;

import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;
import sakd.train.Listener;

/**
 * Ends a training after the step at hand when Ctrl-C is pressed, or the process is told to end; the
 * second time the process ends at once. Between two checkpoints nothing is lost but time.
 */
final class Interrupt implements Listener, AutoCloseable {
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

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

  private final Object beforeInt = register("INT", SIGINT);
  private final Object beforeTerm = register("TERM", SIGTERM);

  private Object register(String name, int number) {
    return Signals.register(
        name,
        () -> {
          if (!code.compareAndSet(0, 128 + number)) {
            Runtime.getRuntime().halt(128 + number);
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
