package sakd.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The error stream of a process that is not rank 0, for what is printed past the commands: each
 * line says whose it is, and notes are left to rank 0.
 */
final class OtherRankStream extends OutputStream {
  private final PrintStream out;
  private final String prefix;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  OtherRankStream(PrintStream out, String prefix) {
    this.out = out;
    this.prefix = prefix;
  }

  @Override
  public synchronized void write(int b) {
    if (b != '\n') {
      line.write(b);
      return;
    }
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    if (!text.startsWith("note: ")) {
      out.println(prefix + text);
    }
  }
}
