package sakd.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs a compiler and collects what it says. */
public final class Command {
  private static final int INTERRUPTED = 130;
  private static final int TERMINATED = 143;

  /** What compilers, assemblers and linkers pass on from the system, for any of their files. */
  private static final Pattern NO_ROOM =
      Pattern.compile("No space left on device|Disk quota exceeded|Read-only file system");

  /** What the driver of a compiler says of a part of it that a signal ended. */
  private static final Pattern KILLED_PART =
      Pattern.compile("(Interrupt|Terminated|Killed) signal terminated program");

  private Command() {}

  /**
   * How a program ended.
   *
   * @param status its exit status
   * @param text what it wrote, to the standard output and to that for errors
   */
  public record Output(int status, String text) {}

  /**
   * Runs the program to its end.
   *
   * @throws IOException if it cannot be started, or this thread is interrupted
   */
  public static Output run(List<String> line) throws IOException {
    return run(new ProcessBuilder(line));
  }

  /**
   * Compiles.
   *
   * @param folder gets the compiler's temporary files
   * @return how it ended, which is also that the source does not compile
   * @throws CompilerStopped if it was told to end
   * @throws IOException if it cannot be started, or has no room for its files or in memory
   */
  public static Output compile(List<String> line, Path folder) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("TMPDIR", folder.toString());
    // Not in the user's language: this program reads it.
    builder.environment().put("LC_ALL", "C");
    Output out = run(builder);
    if (out.status == 0) {
      return out;
    }
    Matcher part = KILLED_PART.matcher(out.text);
    String signal = part.find() ? part.group(1) : "";
    if (out.status == INTERRUPTED || signal.equals("Interrupt")) {
      throw new CompilerStopped(line.get(0), INTERRUPTED);
    }
    if (out.status == TERMINATED || signal.equals("Terminated")) {
      throw new CompilerStopped(line.get(0), TERMINATED);
    }
    if (signal.equals("Killed")) {
      throw new IOException(line.get(0) + " was killed, as happens when memory runs out");
    }
    Matcher room = NO_ROOM.matcher(out.text);
    if (room.find()) {
      throw new IOException(room.group());
    }
    return out;
  }

  private static Output run(ProcessBuilder builder) throws IOException {
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Output(process.waitFor(), text);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + builder.command().get(0) + " was running", e);
    }
  }
}
