package sakd.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressState;
import sakd.train.Listener;

/**
 * The last line of a terminal while a network is trained: how far it is, how long it will take, and
 * how it goes. The line is empty whenever others print: it has to hear of an epoch before they do.
 */
final class TrainingBar implements Listener, AutoCloseable {
  /** Draws over the line it drew before, and ends none. */
  private record Line(PrintStream out, IntSupplier width) implements ProgressBarConsumer {
    /** A character in the last column would begin a new line. */
    @Override
    public int getMaxRenderedLength() {
      return Math.max(1, width.getAsInt() - 1);
    }

    @Override
    public void accept(String bar) {
      out.print("\r" + bar);
      out.flush();
    }

    @Override
    public void clear() {
      out.print("\r" + " ".repeat(getMaxRenderedLength()) + "\r");
      out.flush();
    }

    @Override
    public void close() {}
  }

  private final Line line;
  private final LongSupplier peakBytes;
  private Start start;
  private long startNanos;
  private volatile StepSummary checked; // Drawn by another thread.
  private ProgressBar bar;

  /**
   * @param width of the terminal in characters, asked for whenever the bar is drawn
   * @param peakBytes the most memory that was needed on the device so far
   */
  TrainingBar(PrintStream out, IntSupplier width, LongSupplier peakBytes) {
    this.line = new Line(out, width);
    this.peakBytes = peakBytes;
  }

  @Override
  public void start(Start s) {
    start = s;
    startNanos = System.nanoTime();
    checked = null;
    open(s.epoch(), s.step());
  }

  private void open(int epoch, int step) {
    String name = start.phase() + " " + epoch + "/" + start.epochs();
    long first = done(start.epoch(), start.step());
    bar =
        new ProgressBarBuilder()
            .setInitialMax((long) start.epochs() * start.steps())
            .setRenderer((state, width) -> drawn(name, state, first).fitted(width))
            .setConsumer(line)
            .build();
    bar.stepTo(done(epoch, step));
  }

  /** Steps done from the first epoch on. */
  private long done(int epoch, int step) {
    return (long) (epoch - 1) * start.steps() + step;
  }

  /** Steps to come take as long as those since {@code first}, with their evaluations. */
  private BarLine drawn(String name, ProgressState state, long first) {
    long here = state.getCurrent() - first;
    double seconds = (System.nanoTime() - startNanos) * 1e-9;
    double left = here == 0 ? -1 : seconds * (state.getMax() - state.getCurrent()) / here;
    double share = (double) state.getCurrent() / state.getMax();
    return new BarLine(name, share, left, checked, peakBytes.getAsLong());
  }

  @Override
  public void submitted(String phase, int epoch, int step) {
    if (bar == null) {
      open(epoch, step);
    }
    bar.stepTo(done(epoch, step));
  }

  @Override
  public void checked(StepSummary s) {
    checked = s;
  }

  @Override
  public void step(StepSummary summary) {}

  @Override
  public void unreadable(String phase, int epoch, List<String> messages) {
    close();
  }

  @Override
  public void epoch(EpochSummary summary) {
    close();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      line.clear();
      bar = null;
    }
  }
}
