package sakd.run;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.distill.Pipeline;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
import sakd.train.Listener;
import sakd.train.Trainer;

/**
 * A run directory, of which one process at a time is the master: {@link RunArguments}, {@code
 * config.yaml} (what they came to), {@code train.log} (what was printed), {@link Summary},
 * checkpoints.
 *
 * <p>A folder is a run once it has arguments, which are written last; what else is missing is made
 * when the run goes on. So a kill at any moment leaves a run that can go on, or none.
 */
public final class RunFolder implements Listener, AutoCloseable {
  /** How much of the log is printed too; each has what the one before it has. */
  public enum Printed {
    RESULTS,
    EPOCHS,
    STEPS
  }

  /**
   * Where lines go besides the log.
   *
   * @param results gets what the run came to
   * @param status gets the other lines, as far as they are printed
   */
  public record Console(PrintWriter results, PrintWriter status, Printed printed) {}

  /** The file of what was printed. */
  public static final String LOG = "train.log";

  /** The file about the finished run, for people. */
  public static final String CARD = "README.md";

  /** The file of resolved settings, for people and for {@code train --config}. */
  public static final String CONFIG = "config.yaml";

  private final Path folder;
  private final Summary summary;
  private final RunLock lock;
  private final Console console;

  private RunFolder(Path folder, SummaryColumns columns, RunLock lock, Console console) {
    this.folder = folder;
    this.summary = new Summary(folder, columns);
    this.lock = lock;
    this.console = console;
  }

  /**
   * Makes a new folder of this name, or of {@code name-2}, {@code name-3} ... if others have taken
   * it.
   *
   * @throws UserError if none can be made
   */
  public static Path unused(Path name) {
    Path folder = name;
    try {
      Files.createDirectories(name.toAbsolutePath().getParent());
      for (int i = 2; ; i++) {
        try {
          return Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
          folder = name.resolveSibling(name.getFileName() + "-" + i);
        }
      }
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
  }

  /**
   * Makes a new run directory.
   *
   * @param columns of its summary
   * @throws UserError if it cannot be made, or holds a run or a checkpoint already, or another
   *     process trains in it
   */
  public static RunFolder create(
      Path folder, SummaryColumns columns, List<String> args, Console console) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw unwritable(folder, e);
    }
    return opened(
        folder,
        columns,
        console,
        run -> {
          requireNoRun(folder);
          run.deleteLeftOvers();
          run.summary.start();
          RunArguments.start(folder, args);
        });
  }

  private static void requireNoRun(Path folder) {
    if (RunArguments.areIn(folder)) {
      throw new UserError(
          folder
              + " holds a run already; go on with it by --resume "
              + folder
              + ", or give another --output-dir");
    }
    for (Path place : places(folder)) {
      if (Files.exists(place.resolve(Trainer.LAST))) {
        throw new UserError(
            folder
                + " has no args.txt but "
                + place.resolve(Trainer.LAST)
                + ", the checkpoint of another run; expected an empty folder, give another"
                + " --output-dir");
      }
    }
  }

  /**
   * Sees whether {@link #create} would find a place there, and leaves nothing.
   *
   * @throws UserError if it would not
   */
  public static void requireNew(Path folder) {
    Path there = folder.toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw unwritable(folder, new FileAlreadyExistsException(there.toString()));
    }
    if (!Files.isWritable(there)) {
      throw unwritable(folder, new AccessDeniedException(there.toString()));
    }
    requireNoRun(folder);
  }

  /**
   * Opens a run directory to go on.
   *
   * @param columns of its summary
   * @throws UserError if the folder is not a run directory, cannot be written to, or another
   *     process trains in it
   */
  public static RunFolder open(Path folder, SummaryColumns columns, Console console) {
    RunArguments.of(folder);
    return opened(folder, columns, console, RunFolder::recover);
  }

  private static RunFolder opened(
      Path folder, SummaryColumns columns, Console console, Consumer<RunFolder> first) {
    RunFolder run = new RunFolder(folder, columns, RunLock.of(folder), console);
    boolean done = false;
    try {
      first.accept(run);
      run.lock
          .problem()
          .ifPresent(
              reason ->
                  run.say(
                      "note: "
                          + folder
                          + " cannot be locked ("
                          + reason
                          + "); do not train in it twice at the same time"));
      done = true;
      return run;
    } finally {
      if (!done) {
        run.close();
      }
    }
  }

  /** Deletes what killed processes left half-written. */
  private void deleteLeftOvers() {
    for (Path file : RunArguments.files(folder)) {
      AtomicFile.deleteLeftOvers(file);
    }
    AtomicFile.deleteLeftOvers(summary.file());
    AtomicFile.deleteLeftOvers(folder.resolve(CONFIG));
    AtomicFile.deleteLeftOvers(folder.resolve(CARD));
    AtomicFile.deleteLeftOvers(folder.resolve(Results.FILE));
    for (Path place : places(folder)) {
      AtomicFile.deleteLeftOvers(place.resolve(Trainer.LAST));
      AtomicFile.deleteLeftOvers(place.resolve(Trainer.BEST));
    }
  }

  /** Puts in order what a killed process left. */
  private void recover() {
    deleteLeftOvers();
    endLine();
    int senseless = summary.restore();
    if (senseless > 0) {
      say(
          "note: "
              + summary.file()
              + ": "
              + Numbers.count(senseless, "row")
              + (senseless == 1 ? " made no sense and was" : " made no sense and were")
              + " taken out; the epochs are done, but their figures are lost");
    }
  }

  /** The folders that hold the files of a training. */
  private static List<Path> places(Path folder) {
    return Stream.of(folder, folder.resolve(Pipeline.TEACHER), folder.resolve(Pipeline.DIRECT))
        .filter(Files::isDirectory)
        .toList();
  }

  /** Ends the last line of the log if it was cut off. */
  private void endLine() {
    try (SeekableByteChannel log = Files.newByteChannel(folder.resolve(LOG))) {
      ByteBuffer last = ByteBuffer.allocate(1);
      if (log.size() > 0 && log.position(log.size() - 1).read(last) == 1 && last.get(0) != '\n') {
        log("\n");
      }
    } catch (NoSuchFileException e) {
      // Nothing was printed yet.
    } catch (IOException e) {
      throw IoErrors.unreadable(folder.resolve(LOG), "the log of a run", e);
    }
  }

  /** Writes a text to a file of the run, in the place of an older one. */
  public void write(String file, String text) {
    AtomicFile.writeText(folder.resolve(file), text);
  }

  public Path path() {
    return folder;
  }

  /** The rows of the epochs so far. */
  public Summary summary() {
    return summary;
  }

  /** Prints a line of status, and adds it to the log. */
  public void say(String line) {
    say(Printed.EPOCHS, line);
  }

  /** Prints a line of what the run came to in any case, and adds it to the log. */
  public void result(String line) {
    console.results.println(line);
    log(line + "\n");
  }

  /** Prints a line of status in any case, and adds it to the log. */
  public void warn(String line) {
    say(Printed.RESULTS, line);
  }

  private void say(Printed kind, String line) {
    if (kind.compareTo(console.printed) <= 0) {
      console.status.println(line);
    }
    log(line + "\n");
  }

  private void log(String text) {
    try {
      Files.writeString(
          folder.resolve(LOG),
          text,
          StandardCharsets.UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw unwritten(LOG, e);
    }
  }

  private UserError unwritten(String file, IOException e) {
    return new UserError(
        "cannot write to "
            + folder.resolve(file)
            + " ("
            + IoErrors.reason(e)
            + "); expected a writable folder with free space, free some, then go on with --resume "
            + folder,
        e);
  }

  private static UserError unwritable(Path folder, IOException e) {
    return new UserError(
        "cannot write "
            + folder
            + " ("
            + IoErrors.reason(e)
            + "); expected a folder, or a place for a new one, check --output-dir",
        e);
  }

  @Override
  public void step(StepSummary s) {
    say(Printed.STEPS, LogLines.step(s));
  }

  @Override
  public void unreadable(String phase, int epoch, List<String> messages) {
    say(LogLines.unreadable(phase, epoch, messages));
  }

  @Override
  public void rescheduled(Rescheduled r) {
    say(LogLines.rescheduled(r));
  }

  /** What the card and the results of the run say is not so any more. */
  @Override
  public void start(Start s) {
    delete(CARD);
    delete(Results.FILE);
    if (s.step() > 0) {
      say(LogLines.within(s));
    }
  }

  private void delete(String file) {
    try {
      Files.deleteIfExists(folder.resolve(file));
    } catch (IOException e) {
      throw unwritten(file, e);
    }
  }

  @Override
  public void ended(Ended e) {
    if (e.early()) {
      say(LogLines.stoppedEarly(e));
    }
  }

  @Override
  public void epoch(EpochSummary s) {
    say(LogLines.epoch(s));
    try {
      summary.add(s);
    } catch (IOException e) {
      throw unwritten(summary.file().getFileName().toString(), e);
    }
  }

  /** Gives the folder free for other processes. */
  @Override
  public void close() {
    lock.close();
  }
}
