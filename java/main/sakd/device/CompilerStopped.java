package sakd.device;

import sakd.base.UserError;

/**
 * A compiler was told to end before it was done: by Ctrl-C, which a terminal sends to all programs
 * in its foreground, or by {@code kill}. The kernel is as it was, not compiled.
 */
public final class CompilerStopped extends UserError {
  private static final long serialVersionUID = 1L;

  private final int status;

  CompilerStopped(String command, int status) {
    super(
        "stopped while "
            + command
            + " was compiling kernels; expected it to finish, run the same command again");
    this.status = status;
  }

  /** The exit status by which a shell knows the signal: 130 for Ctrl-C. */
  public int status() {
    return status;
  }
}
