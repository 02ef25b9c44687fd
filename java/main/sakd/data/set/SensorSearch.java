package sakd.data.set;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.data.event.Events;
import sakd.io.IoErrors;

/**
 * Finds the sensor of a set in its recordings, where nobody has said it: the columns and rows that
 * their events cover. A few events far outside all others are no part of it but a fault of their
 * recording, which is named.
 */
final class SensorSearch {
  /** One event of so many may be a stray, and a handful in any case unless that is much. */
  private static final int EVENTS_A_STRAY = 1000;

  private static final int HANDFUL = 5;
  private static final int MUCH = 100;

  /** Columns without events before a stray: more than these, and than a quarter of the others. */
  private static final int LEAST_GAP = 8;

  /** Parts that differ by more than this share of the sensor may be of two cameras. */
  private static final int UNLIKE = 8;

  /** The last search: both parts of a set have the same. */
  private static volatile Found last;

  private SensorSearch() {}

  private record Found(List<String> files, Sensor sensor) {}

  /** An event by its number in a recording. */
  private record Place(int event, int column, int row) {}

  /** The events of a file in each column and row, and the ones in the last column and row. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Cover(Path file, int[] columns, int[] rows, Place right, Place bottom) {}

  /**
   * Reads all files.
   *
   * @param note hears of files that cannot be read, as long as they are few, and of parts that do
   *     not look like the same camera's
   * @throws UserError if too many cannot be read, an event lies far outside, or no camera has so
   *     many pixels
   */
  static Sensor find(List<Path> training, List<Path> test, Consumer<String> note) {
    List<Path> files = Stream.concat(training.stream(), test.stream()).distinct().toList();
    List<String> versions = files.stream().map(SensorSearch::version).toList();
    Found before = last;
    if (before != null && before.files.equals(versions)) {
      return before.sensor;
    }
    List<Cover> covers = EventScan.each(files, SensorSearch::cover, note);
    int width = bound(covers, Cover::columns);
    int height = bound(covers, Cover::rows);
    refuse(
        covers, height, width, "far outside the " + height + "x" + width + " pixels of the others");
    refuse(covers, Sensor.MAX_SIDE, Sensor.MAX_SIDE, "where no camera has a pixel");
    Sensor sensor = new Sensor(height, width);
    if (!training.isEmpty() && !test.isEmpty()) {
      compare(of(covers, training), of(covers, test), sensor, note);
    }
    last = new Found(versions, sensor);
    return sensor;
  }

  /** What a part's recordings cover. */
  private static Sensor of(List<Cover> covers, List<Path> part) {
    Set<Path> files = Set.copyOf(part);
    List<Cover> own = covers.stream().filter(c -> files.contains(c.file)).toList();
    return new Sensor(
        own.stream().mapToInt(c -> c.rows.length).max().orElse(1),
        own.stream().mapToInt(c -> c.columns.length).max().orElse(1));
  }

  private static void compare(Sensor training, Sensor test, Sensor sensor, Consumer<String> note) {
    int rows = Math.abs(training.height() - test.height());
    int columns = Math.abs(training.width() - test.width());
    if (rows > sensor.height() / UNLIKE || columns > sensor.width() / UNLIKE) {
      note.accept(
          "training recordings cover "
              + training
              + " pixels, test recordings "
              + test
              + "; both get a sensor of "
              + sensor
              + ", or the one of --sensor HxW");
    }
  }

  /** Changes when the file does. */
  private static String version(Path file) {
    try {
      return file.toAbsolutePath()
          + " of "
          + Files.size(file)
          + " bytes, "
          + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "a recording of events", e);
    }
  }

  private static Cover cover(Path file, Events events) {
    int right = 0;
    int bottom = 0;
    for (int i = 0; i < events.size(); i++) {
      right = events.x(i) > events.x(right) ? i : right;
      bottom = events.y(i) > events.y(bottom) ? i : bottom;
    }
    int[] columns = new int[events.x(right) + 1];
    int[] rows = new int[events.y(bottom) + 1];
    for (int i = 0; i < events.size(); i++) {
      columns[events.x(i)]++;
      rows[events.y(i)]++;
    }
    return new Cover(file, columns, rows, place(events, right), place(events, bottom));
  }

  private static Place place(Events events, int index) {
    return new Place(index, events.x(index), events.y(index));
  }

  /** One more than the last column or row that is no stray's. */
  private static int bound(List<Cover> covers, ToIntArray side) {
    long[] counts = new long[covers.stream().mapToInt(c -> side.of(c).length).max().orElse(0)];
    long events = 0;
    for (Cover cover : covers) {
      int[] own = side.of(cover);
      for (int i = 0; i < own.length; i++) {
        counts[i] += own[i];
        events += own[i];
      }
    }
    long strays = Math.max(events / EVENTS_A_STRAY, Math.min(HANDFUL, events / MUCH));
    int bound = counts.length;
    int at = bound - 1;
    for (long beyond = counts[at]; beyond <= strays; beyond += counts[at]) {
      int next = at - 1;
      while (next >= 0 && counts[next] == 0) {
        next--;
      }
      if (next < 0) {
        break;
      }
      if (at - next > Math.max(LEAST_GAP, (next + 1) / 4)) {
        bound = next + 1;
      }
      at = next;
    }
    return bound;
  }

  @FunctionalInterface
  private interface ToIntArray {
    int[] of(Cover cover);
  }

  /** Names the first file that reaches too far. */
  private static void refuse(List<Cover> covers, int height, int width, String where) {
    List<Cover> outside =
        covers.stream().filter(c -> c.columns.length > width || c.rows.length > height).toList();
    if (outside.isEmpty()) {
      return;
    }
    Cover first = outside.get(0);
    Place place = first.columns.length > width ? first.right : first.bottom;
    throw new UserError(
        first.file
            + ": event "
            + place.event
            + " lies at column "
            + place.column
            + ", row "
            + place.row
            + ", "
            + where
            + (outside.size() > 1 ? " (as in " + (outside.size() - 1) + " more recordings)" : "")
            + "; expected the events of one sensor, fix the recording or give --sensor HxW, which"
            + " drops what lies outside");
  }
}
