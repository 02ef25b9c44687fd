package sakd.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.ranks.Launch;
import sakd.ranks.World;
import sakd.run.RunFolder;

/**
 * What a process prints, and how it ends, that is one of several that train together or measure
 * their sums. Rank 0 prints what one process would; the others nothing but the error they end with,
 * unless it is rank 0's.
 */
final class Ranks {
  /** Of a process alone. */
  static final Ranks NONE = new Ranks(World.ALONE, null, null);

  static final int USUAL_SECONDS = 600;

  private static final String ERROR = "error: ";

  /** Exit codes from here on are those of signals. */
  private static final int SIGNAL = 128;

  private final World world;
  private final PrintWriter real;

  /** What this process has said of its end: the line of rank 0, all lines of the others. */
  private final StringWriter said;

  private volatile Consumer<String> log;

  private Ranks(World world, PrintWriter real, StringWriter said) {
    this.world = world;
    this.real = real;
    this.said = said;
  }

  /**
   * Meets the processes that a launcher has started beside this one, if the command is of all.
   *
   * @param err where errors go
   * @throws UserError if the environment makes no sense
   */
  static Ranks of(List<String> args, Map<String, String> environment, PrintWriter err) {
    Launch launch = isOfAll(args) ? Launch.of(environment) : Launch.ALONE;
    if (launch.size() == 1) {
      return NONE;
    }
    if (launch.rank() > 0) {
      OutputStream others = new OtherRankStream(System.err, prefix(launch.rank()));
      System.setErr(new PrintStream(others, true, StandardCharsets.UTF_8));
    }
    Ranks[] self = new Ranks[1];
    World.Ending ending =
        new World.Ending() {
          @Override
          public void print(String line, int code) {
            String text = code >= SIGNAL ? line : ERROR + line;
            Consumer<String> log = self[0] == null ? null : self[0].log;
            if (log == null) {
              err.println(prefix(launch.rank()) + text);
            } else {
              log.accept(text);
            }
          }

          @Override
          public void exit(int code) {
            Runtime.getRuntime().halt(code);
          }
        };
    self[0] = new Ranks(World.join(launch, seconds(args), ending), err, new StringWriter());
    return self[0];
  }

  /** Whether processes run a command together, as far as it can be seen before it is understood. */
  private static boolean isOfAll(List<String> args) {
    String command = args.stream().filter(a -> !a.startsWith("-")).findFirst().orElse("");
    return command.equals("train")
        || (command.equals("bench")
            && Arguments.value(BenchCommand.ONLY, args)
                .filter(parts -> List.of(parts.split(",")).contains(BenchCommand.COMM))
                .isPresent());
  }

  /** As far as it can be seen before the command line is understood. */
  private static int seconds(List<String> args) {
    try {
      return Math.max(
          1,
          Arguments.value(RankOptions.TIMEOUT, args).map(Integer::parseInt).orElse(USUAL_SECONDS));
    } catch (NumberFormatException e) {
      return USUAL_SECONDS;
    }
  }

  private static String prefix(int rank) {
    return rank == 0 ? "" : "rank " + rank + ": ";
  }

  World world() {
    return world;
  }

  /** Whether this process prints and writes. */
  boolean first() {
    return world.rank() == 0;
  }

  /** Where results go instead of {@code out}. */
  PrintWriter out(PrintWriter out) {
    return first() ? out : new PrintWriter(Writer.nullWriter());
  }

  /** Where status and errors go instead of {@code err}. */
  PrintWriter err(PrintWriter err) {
    if (world.size() == 1) {
      return err;
    }
    return new PrintWriter(first() ? new Copy(err, said) : said, true);
  }

  /** On rank 0: tells the others where it writes, for them to say how to go on, and its log. */
  void trainIn(RunFolder run) {
    log = run::warn;
    world.broadcast(run.path().toString().getBytes(StandardCharsets.UTF_8));
    world.advise(TrainRun.goOn(run.path()));
  }

  /** On the others: the run directory, of which nothing may be there. */
  Path runOfFirst() {
    Path run = Path.of(new String(world.broadcast(new byte[0]), StandardCharsets.UTF_8));
    world.advise(TrainRun.goOn(run));
    return run;
  }

  /** Parts from the other processes; the exit code. */
  int end(int code) {
    if (world.size() == 1) {
      return code;
    }
    if (code == 0) {
      world.leave();
    } else if (code >= SIGNAL) {
      world.stopped(code);
    } else {
      String message =
          said.toString()
              .lines()
              .filter(line -> line.startsWith(ERROR))
              .reduce("", (before, line) -> line.substring(ERROR.length()));
      if (world.failed(message) && !first()) {
        said.toString().lines().forEach(line -> real.println(prefix(world.rank()) + line));
      }
    }
    return code;
  }

  /** Writes twice. */
  private static final class Copy extends FilterWriter {
    private final Writer copy;

    Copy(Writer out, Writer copy) {
      super(out);
      this.copy = copy;
    }

    @Override
    public void write(int c) throws IOException {
      super.write(c);
      copy.write(c);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
      super.write(text, from, length);
      copy.write(text, from, length);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
      super.write(text, from, length);
      copy.write(text, from, length);
    }
  }
}
