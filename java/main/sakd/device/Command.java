package sakd.device;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs a compiler and collects what it says. */
public final class Command {
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
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      return new Output(process.waitFor(), text);
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + line.get(0) + " was running", e);
    }
  }
}
