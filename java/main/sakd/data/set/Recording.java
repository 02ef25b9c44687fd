package sakd.data.set;

import java.nio.file.Path;

/**
 * A sample of event data: a file, or a stretch of one.
 *
 * @param from the first microsecond that counts
 * @param to the first microsecond that does not; Long.MAX_VALUE for the whole file
 * @param label the class number
 */
record Recording(Path file, long from, long to, int label) {
  /** All of a file. */
  static Recording whole(Path file, int label) {
    return new Recording(file, Long.MIN_VALUE, Long.MAX_VALUE, label);
  }

  boolean isWhole() {
    return from == Long.MIN_VALUE && to == Long.MAX_VALUE;
  }
}
