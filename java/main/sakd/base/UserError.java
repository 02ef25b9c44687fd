package sakd.base;

/**
 * A mistake of the user's: a file that cannot be read, a flag with an unknown value, a weight file
 * of another network. The message is one sentence that says what was read or asked, what was
 * expected and what to do; the command line prints it without a stack trace and exits with 2.
 */
public class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
