package sakd.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * A run directory: {@code args.txt} (the command line, an argument a line), {@code train.log} (what
 * was printed), {@code summary.csv} (a row an epoch). Files are only added to, so a resumed run
 * goes on where it stopped.
 */
public final class RunFolder implements Listener {
  /** How much of the log is printed too; each has what the one before it has. */
  public enum Printed {
    RESULTS,
    EPOCHS,
    STEPS
  }

  private static final String ARGS = "args.txt";
  private static final String LOG = "train.log";
  private static final String SUMMARY = "summary.csv";
  private static final String HEADER =
      "phase,epoch,lr,loss,ce,logits,features,train_top1,top1,top5,images_per_second,seconds\n";
  private static final int COLUMNS = HEADER.split(",").length;
  private static final int TOP1 = List.of(HEADER.split(",")).indexOf("top1");
  private static final int SECONDS = COLUMNS - 1;

  private final Path folder;

  private final PrintWriter out;
  private final Printed printed;

  private RunFolder(Path folder, PrintWriter out, Printed printed) {
    this.folder = folder;
    this.out = out;
    this.printed = printed;
  }

  /**
   * Makes a new run directory.
   *
   * @throws UserError if it cannot be made, or holds a run already
   */
  public static RunFolder create(Path folder, List<String> args, PrintWriter out) {
    if (isRun(folder)) {
      throw new UserError(
          folder
              + " holds a run already; go on with it by --resume "
              + folder
              + ", or give another --output-dir");
    }
    AtomicFile.writeText(folder.resolve(ARGS), String.join("\n", args) + "\n");
    AtomicFile.writeText(folder.resolve(SUMMARY), HEADER);
    return new RunFolder(folder, out, Printed.STEPS);
  }

  /** Whether a folder holds a run. */
  public static boolean isRun(Path folder) {
    return Files.exists(folder.resolve(ARGS));
  }

  /** Opens a run directory to go on. */
  public static RunFolder open(Path folder, PrintWriter out) {
    return new RunFolder(folder, out, Printed.STEPS);
  }

  /** The same directory, of whose log less is printed. */
  public RunFolder printing(Printed most) {
    return new RunFolder(folder, out, most);
  }

  /**
   * The arguments a run was started with.
   *
   * @throws UserError if the folder is not a run directory
   */
  public static List<String> args(Path folder) {
    try {
      // A run without arguments has an empty line.
      return Files.readAllLines(folder.resolve(ARGS)).stream().filter(a -> !a.isEmpty()).toList();
    } catch (IOException e) {
      throw new UserError(
          folder
              + " is not a run directory (it has no readable "
              + ARGS
              + "); expected one that train wrote, check --resume",
          e);
    }
  }

  public Path path() {
    return folder;
  }

  /** Prints a line, and adds it to the log. */
  public void say(String line) {
    say(Printed.EPOCHS, line);
  }

  /** Prints a line of what the run came to in any case, and adds it to the log. */
  public void result(String line) {
    say(Printed.RESULTS, line);
  }

  private void say(Printed kind, String line) {
    if (kind.compareTo(printed) <= 0) {
      out.println(line);
    }
    append(LOG, line + "\n");
  }

  private void append(String file, String text) {
    try {
      Files.writeString(
          folder.resolve(file),
          text,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UserError(
          "cannot write to "
              + folder.resolve(file)
              + " ("
              + IoErrors.reason(e)
              + "); expected a writable folder with free space, free some, then go on with --resume "
              + folder,
          e);
    }
  }

  /** Seconds spent training in a phase, as its rows say: those of every session of the run. */
  public double seconds(String phase) {
    return Arrays.stream(column(phase, SECONDS)).sum();
  }

  /** Test accuracy after the last epoch of a phase, in [0, 1]; 0 if it has none. */
  public double lastTop1(String phase) {
    double[] all = column(phase, TOP1);
    return all.length == 0 ? 0 : all[all.length - 1];
  }

  /** The best test accuracy of a phase, in [0, 1]; 0 if it has no epoch. */
  public double bestTop1(String phase) {
    return Arrays.stream(column(phase, TOP1)).max().orElse(0);
  }

  /** A column of the rows of a phase. */
  private double[] column(String phase, int index) {
    return rows().stream()
        .map(row -> row.split(",", -1))
        .filter(cells -> cells[0].equals(phase) && epoch(cells) > 0)
        .mapToDouble(cells -> Double.parseDouble(cells[index]))
        .toArray();
  }

  /** The epoch of a row, or 0 if it is the header or was cut off by a full disk. */
  private static int epoch(String[] cells) {
    return cells.length == COLUMNS && cells[1].matches("[1-9][0-9]*")
        ? Integer.parseInt(cells[1])
        : 0;
  }

  private List<String> rows() {
    Path file = folder.resolve(SUMMARY);
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "the rows of this run's epochs", e);
    }
  }

  /** Drops the rows of epochs that are about to be trained again. */
  private void forget(String phase, int fromEpoch) {
    List<String> all = rows();
    List<String> kept =
        all.stream()
            .filter(
                row -> {
                  String[] cells = row.split(",", -1);
                  return row.equals(HEADER.strip())
                      || (epoch(cells) > 0
                          && (!cells[0].equals(phase) || epoch(cells) < fromEpoch));
                })
            .toList();
    if (kept.size() < all.size()) {
      AtomicFile.writeText(folder.resolve(SUMMARY), String.join("\n", kept) + "\n");
    }
  }

  @Override
  public void step(StepSummary s) {
    say(
        Printed.STEPS,
        String.format(
            Locale.ROOT,
            "%s epoch %d/%d step %d/%d  loss %.4f%s  %.0f images/s%s",
            s.phase(),
            s.epoch(),
            s.epochs(),
            s.step(),
            s.steps(),
            s.loss().total(),
            terms(s.loss()),
            s.imagesPerSecond(),
            s.lossScale() > 0 ? String.format(Locale.ROOT, "  scale %.6g", s.lossScale()) : ""));
  }

  @Override
  public void unreadable(String phase, int epoch, List<String> messages) {
    say(
        phase
            + " epoch "
            + epoch
            + ": "
            + messages.size()
            + " samples could not be read, others took their places: "
            + String.join("; ", messages));
  }

  private static String terms(LossTerms loss) {
    return loss.logits() == 0 && loss.features() == 0
        ? ""
        : String.format(
            Locale.ROOT,
            " (ce %.4f, logits %.4f, features %.5f)",
            loss.ce(),
            loss.logits(),
            loss.features());
  }

  @Override
  public void epoch(EpochSummary s) {
    say(
        String.format(
            Locale.ROOT,
            "%s epoch %d/%d  lr %.4g  loss %.4f%s  train %.2f %%  test %.2f %% (top-5 %.2f %%)"
                + "  %.0f images/s  %.1f s",
            s.phase(),
            s.epoch(),
            s.epochs(),
            s.lr(),
            s.loss().total(),
            terms(s.loss()),
            100 * s.trainTop1(),
            100 * s.top1(),
            100 * s.top5(),
            s.imagesPerSecond(),
            s.seconds()));
    forget(s.phase(), s.epoch());
    append(
        SUMMARY,
        String.format(
            Locale.ROOT,
            "%s,%d,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.1f,%.3f\n",
            s.phase(),
            s.epoch(),
            s.lr(),
            s.loss().total(),
            s.loss().ce(),
            s.loss().logits(),
            s.loss().features(),
            s.trainTop1(),
            s.top1(),
            s.top5(),
            s.imagesPerSecond(),
            s.seconds()));
  }
}
