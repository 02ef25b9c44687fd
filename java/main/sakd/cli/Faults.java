package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Locale;
import sakd.base.UserError;
import sakd.device.CompilerStopped;
import sakd.io.FileNames;
import sakd.io.Printable;

/** What ended a command, as one line and an exit code: 2 for the user's mistake, 1 for ours. */
final class Faults {
  private static final int USERS = 2;
  private static final int OURS = 1;

  private Faults() {}

  /**
   * Reports what was thrown.
   *
   * @param verbose whether with a stack trace in any case
   * @return the exit code
   */
  static int report(Throwable thrown, boolean verbose, PrintWriter err) {
    Throwable fault = thrown instanceof InvalidPathException e ? FileNames.refused(e) : thrown;
    String sentence = sentence(fault);
    err.println("error: " + Suggestions.oneLine(sentence == null ? fault.toString() : sentence));
    if (verbose || sentence == null) {
      fault.printStackTrace(new PrintWriter(Printable.to(err), true));
    }
    if (fault instanceof CompilerStopped stopped) {
      return stopped.status();
    }
    return fault instanceof UserError ? USERS : OURS;
  }

  /** What to tell the user, or null where only a stack trace helps. */
  private static String sentence(Throwable fault) {
    if (fault instanceof UserError) {
      return fault.getMessage();
    }
    // A worker's or a library's wrapping says less than what it wraps.
    for (Throwable cause = fault; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError e) {
        return memory(e);
      }
      if (cause instanceof StackOverflowError) {
        return "a thread has run out of stack; expected data nested less deeply, check the files"
            + " that the command reads, or give threads more with JAVA_TOOL_OPTIONS=-Xss16m";
      }
    }
    if (fault instanceof LinkageError) {
      return "a library cannot be loaded ("
          + String.valueOf(fault.getMessage()).lines().findFirst().orElse("").strip()
          + "); expected the libraries that belong to this version, and room to unpack them in the"
          + " home folder and in "
          + System.getProperty("java.io.tmpdir")
          + ", free some space or build again";
    }
    return null;
  }

  private static String memory(OutOfMemoryError e) {
    String reason = String.valueOf(e.getMessage());
    if (reason.contains("native thread")) {
      return "the system allows no more threads ("
          + reason
          + "); expected room for them, lower --workers or raise ulimit -u";
    }
    return String.format(
        Locale.ROOT,
        "memory has run out (%s), of which Java may use %d MiB; lower --batch-size, --workers or"
            + " --image-size, or allow more with JAVA_TOOL_OPTIONS=-Xmx8g (with mvn:"
            + " MAVEN_OPTS=-Xmx8g)",
        reason,
        Runtime.getRuntime().maxMemory() >> 20);
  }
}
