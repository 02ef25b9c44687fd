package sakd.io;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;

/**
 * Text for a terminal, in which nothing can move the cursor, change colours or turn the direction
 * of writing: names of files, classes and tensors are whatever somebody put there. Such characters
 * are shown as Java writes them, {@code \}{@code u001b}. Only the ends of lines and tabs pass.
 */
public final class Printable extends FilterWriter {
  private Printable(Writer out) {
    super(out);
  }

  /** A writer that shows on {@code out} what it is given. */
  public static Writer to(Writer out) {
    return new Printable(out);
  }

  /** The text with what is not printable shown. */
  public static String text(String text) {
    StringBuilder shown = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (shown == null && !passes(c)) {
        shown = new StringBuilder(text.length() + 8).append(text, 0, i);
      }
      if (shown != null) {
        if (passes(c)) {
          shown.append(c);
        } else {
          shown.append(String.format("\\u%04x", (int) c));
        }
      }
    }
    return shown == null ? text : shown.toString();
  }

  private static boolean passes(char c) {
    if (c == '\n' || c == '\t') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
      // Those that join letters and emoji belong to names, those that turn the text do not.
      case Character.FORMAT -> c == '\u200c' || c == '\u200d' || c == '\u00ad';
      default -> true;
    };
  }

  @Override
  public void write(int c) throws IOException {
    out.write(text(String.valueOf((char) c)));
  }

  @Override
  public void write(char[] buffer, int offset, int length) throws IOException {
    out.write(text(new String(buffer, offset, length)));
  }

  @Override
  public void write(String text, int offset, int length) throws IOException {
    out.write(text(text.substring(offset, offset + length)));
  }
}
