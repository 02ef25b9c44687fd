package sakd.io;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import sakd.base.UserError;

/**
 * Names of files that hold letters beyond ASCII. Java spells names in the encoding of the locale
 * that the process was started with; that of the locale C has no such letters, and cannot be
 * changed from within.
 */
public final class FileNames {
  private static final Charset LOCALE = locale();

  /** What stands for bytes that are no letters. */
  private static final char REPLACEMENT = '\ufffd';

  private FileNames() {}

  private static Charset locale() {
    try {
      return Charset.forName(System.getProperty("sun.jnu.encoding"));
    } catch (IllegalArgumentException e) {
      return Charset.defaultCharset();
    }
  }

  /**
   * The path that a user wrote.
   *
   * @throws UserError if there can be no such path, or the locale cannot spell it
   */
  public static Path path(String text) {
    try {
      requireSpelt(text);
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw refused(e);
    }
  }

  /**
   * Refuses text of the command line, or a file's name, that the locale cannot spell.
   *
   * @throws UserError that says how to start the process
   */
  public static void requireSpelt(String text) {
    if (!isSpelt(text, LOCALE)) {
      throw beyond(text);
    }
  }

  static boolean isSpelt(String text, Charset locale) {
    return locale.equals(StandardCharsets.UTF_8)
        || (text.indexOf(REPLACEMENT) < 0 && locale.newEncoder().canEncode(text));
  }

  /** What a path that cannot be made means to the user. */
  public static UserError refused(InvalidPathException e) {
    if (e.getInput().indexOf('\0') >= 0) {
      return new UserError(
          "'" + e.getInput() + "' holds a zero byte; expected the name of a file, give another", e);
    }
    return beyond(e.getInput());
  }

  private static UserError beyond(String text) {
    return new UserError(
        "'"
            + text.replace(REPLACEMENT, '?')
            + "' has characters that this process cannot encode, because its locale uses "
            + LOCALE
            + "; expected UTF-8, set LC_ALL=C.UTF-8 and run the same command again");
  }
}
