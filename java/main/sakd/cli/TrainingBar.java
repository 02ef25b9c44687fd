package sakd.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import me.tongfei.progressbar.ProgressState;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import sakd.run.LogLines;
import sakd.task.LossTerms;
import sakd.train.Listener;

/**
 * The last line of a terminal while a network is trained: how far it is, how long it will take, and
 * how it goes. The line is empty whenever others print: it has to hear of an epoch before they do.
 */
final class TrainingBar implements Listener, AutoCloseable {
  private static final int USUAL_WIDTH = 80;

  /** Draws over the line it drew before, and ends none. */
  private static final class Line extends ConsoleProgressBarConsumer {
    private final PrintStream out;

    Line(PrintStream out, int width) {
      super(out, width);
      this.out = out;
    }

    @Override
    public void accept(String bar) {
      super.accept(bar);
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
  private String message = "";
  private ProgressBar bar;

  /**
   * @param width of the terminal in characters
   * @param peakBytes the most memory that was needed on the device so far
   */
  TrainingBar(PrintStream out, int width, LongSupplier peakBytes) {
    // A character in the last column would begin a new line.
    this.line = new Line(out, width - 1);
    this.peakBytes = peakBytes;
  }

  /** The width of the terminal, or the usual one if it does not say. */
  static int terminalWidth() {
    try (Terminal terminal = TerminalBuilder.builder().dumb(true).nativeSignals(false).build()) {
      return terminal.getWidth() > 0 ? terminal.getWidth() : USUAL_WIDTH;
    } catch (IOException e) {
      return USUAL_WIDTH;
    }
  }

  @Override
  public void start(Start s) {
    start = s;
    startNanos = System.nanoTime();
    message = "";
    open(s.epoch(), 0);
  }

  private void open(int epoch, int step) {
    bar =
        new ProgressBarBuilder()
            .setTaskName(start.phase() + " " + epoch + "/" + start.epochs())
            .setInitialMax((long) start.epochs() * start.steps())
            .startsFrom(done(epoch, step), sinceStart())
            .setStyle(ProgressBarStyle.ASCII)
            .setEtaFunction(this::left)
            .setConsumer(line)
            .build()
            .setExtraMessage(message);
  }

  /** Steps done from the first epoch on. */
  private long done(int epoch, int step) {
    return (long) (epoch - 1) * start.steps() + step;
  }

  private Duration sinceStart() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** The time that the steps to come take, if they and their evaluations go as those before. */
  private Optional<Duration> left(ProgressState state) {
    long here = state.getCurrent() - done(start.epoch(), 0);
    return here == 0
        ? Optional.empty()
        : Optional.of(
            sinceStart().multipliedBy(state.getMax() - state.getCurrent()).dividedBy(here));
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
    LossTerms loss = s.loss();
    message =
        String.format(
            Locale.ROOT,
            "loss %.4f  train %.2f %%  %.0f images/s  %.2f GiB",
            loss.total(),
            100 * s.accuracy(),
            s.imagesPerSecond(),
            peakBytes.getAsLong() / 0x1p30);
    if (loss.several()) {
      message += " " + LogLines.terms(loss);
    }
    bar.setExtraMessage(message);
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
