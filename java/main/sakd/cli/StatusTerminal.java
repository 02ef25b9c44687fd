package sakd.cli;

import org.jline.nativ.CLibrary;

/** The terminal that stderr is shown on, if it is one. */
final class StatusTerminal {
  private static final int STDERR = 2;
  private static final int USUAL_WIDTH = 80;

  private StatusTerminal() {}

  /** Whether stderr goes to a terminal that can draw over a line. */
  static boolean isShown() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      return CLibrary.isatty(STDERR) == 1;
    } catch (LinkageError | RuntimeException e) {
      return false; // No library for this system, or no room to unpack it: lines do without.
    }
  }

  /** The width in characters that it has now, or the usual one if it does not say. */
  static int width() {
    int width = CLibrary.getTerminalWidth(STDERR);
    return width > 0 ? width : USUAL_WIDTH;
  }
}
