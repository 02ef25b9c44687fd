package sakd.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import sakd.base.UserError;

/** The sentences in which readers and writers report a file that they cannot use. */
public final class IoErrors {
  private static final int EXCERPT = 60;

  private IoErrors() {}

  /**
   * A file whose content is not what its format asks for.
   *
   * @param file the file as the user knows it
   * @param found what is wrong with it
   * @param expected what would have been right
   */
  public static UserError damaged(Object file, String found, String expected) {
    return new UserError(
        file + ": " + found + "; expected " + expected + ", download or write it again");
  }

  /**
   * A file that the system would not open or read.
   *
   * @param file the file as the user knows it
   * @param expected what was looked for in it
   * @param cause what the system said
   */
  public static UserError unreadable(Object file, String expected, IOException cause) {
    return new UserError(
        "cannot read "
            + file
            + " ("
            + reason(cause)
            + "); expected "
            + expected
            + ", check the path and its permissions",
        cause);
  }

  /** The start of a text from a file, to be shown: what would move the cursor is left out. */
  public static String excerpt(String text) {
    String start = text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "...";
    return start.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
  }

  /** What the system said, in a few words and without the path that the sentence names anyway. */
  public static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file or folder";
    }
    if (e instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileAlreadyExistsException) {
      return "a file is in the way";
    }
    if (e instanceof NotDirectoryException) {
      return "not a folder";
    }
    if (e instanceof EOFException) {
      return "the file ends too early";
    }
    String text = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return text == null || text.isBlank() ? e.getClass().getSimpleName() : text;
  }
}
