package sakd.data.event;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;
import sakd.io.IoErrors;

/** Makes events of columns of numbers, whichever file they are from. */
final class EventTable {
  static final String EXPECTED =
      "vectors or fields x, y, t (or ts, time, timestamp) and p (or pol, polarity)";

  private static final double MICROSECONDS = 1e6;

  /** Of no recording in seconds, but of a long one in microseconds. */
  private static final double SECONDS_OF_A_YEAR = 366 * 86_400.0;

  private final Path file;
  private final Column x;
  private final Column y;
  private final Column time;
  private final Column polarity;

  private EventTable(Path file, Column x, Column y, Column time, Column polarity) {
    this.file = file;
    this.x = x;
    this.y = y;
    this.time = time;
    this.polarity = polarity;
  }

  /** The events of columns named as usual, in any case; empty if one is missing. */
  static Optional<Events> named(Path file, Map<String, Column> columns) {
    Map<String, Column> lower = new TreeMap<>();
    columns.forEach((name, column) -> lower.putIfAbsent(name.toLowerCase(Locale.ROOT), column));
    Column x = first(lower, "x", "xs");
    Column y = first(lower, "y", "ys");
    Column time = first(lower, "t", "ts", "time", "times", "timestamp", "timestamps");
    Column polarity = first(lower, "p", "ps", "pol", "polarity", "polarities");
    return x == null || y == null || time == null || polarity == null
        ? Optional.empty()
        : Optional.of(new EventTable(file, x, y, time, polarity).events());
  }

  /** The events of the columns of a matrix, whose order is known. */
  static Events ordered(Path file, Column x, Column y, Column time, Column polarity) {
    return new EventTable(file, x, y, time, polarity).events();
  }

  /**
   * The events of a matrix of four columns. Programs write x before y, but t and p anywhere: p has
   * only -1, 0 and 1, and t alone of the others never falls.
   */
  static Events unnamed(Path file, List<Column> columns) {
    List<Column> polarities = columns.stream().filter(EventTable::isPolarity).toList();
    List<Column> times =
        columns.stream().filter(c -> !polarities.contains(c) && neverFalls(c)).toList();
    if (polarities.size() != 1 || times.size() != 1) {
      throw IoErrors.damaged(
          file, "which of its four columns are x, y, t and p cannot be told", EXPECTED);
    }
    List<Column> places =
        columns.stream().filter(c -> !polarities.contains(c) && !times.contains(c)).toList();
    return ordered(file, places.get(0), places.get(1), times.get(0), polarities.get(0));
  }

  private static Column first(Map<String, Column> columns, String... names) {
    for (String name : names) {
      if (columns.containsKey(name)) {
        return columns.get(name);
      }
    }
    return null;
  }

  private static boolean isPolarity(Column column) {
    Set<Double> allowed = Set.of(-1.0, 0.0, 1.0);
    for (int i = 0; i < column.length(); i++) {
      if (!allowed.contains(column.number(i) + 0.0)) {
        return false;
      }
    }
    return true;
  }

  private static boolean neverFalls(Column column) {
    for (int i = 1; i < column.length(); i++) {
      if (column.number(i) < column.number(i - 1)) {
        return false;
      }
    }
    return true;
  }

  private Events events() {
    int n = x.length();
    if (y.length() != n || time.length() != n || polarity.length() != n) {
      throw IoErrors.damaged(
          file,
          "x, y, t and p have "
              + List.of(n, y.length(), time.length(), polarity.length())
              + " numbers",
          "one of each for every event");
    }
    IntToLongFunction microseconds = microseconds();
    Events events = new Events();
    for (int i = 0; i < n; i++) {
      double column = x.number(i);
      double row = y.number(i);
      double p = polarity.number(i);
      // NaN fails every comparison.
      boolean inside =
          column >= 0 && row >= 0 && column <= Short.MAX_VALUE && row <= Short.MAX_VALUE;
      if (!inside) {
        throw IoErrors.damaged(
            file,
            "event " + i + " lies at column " + plain(column) + ", row " + plain(row),
            "columns and rows from 0 to " + Short.MAX_VALUE);
      }
      if (p != 0 && Math.abs(p) != 1) {
        throw IoErrors.damaged(
            file, "the polarity of event " + i + " is " + plain(p), "0 and 1, or -1 and 1");
      }
      events.add((int) column, (int) row, p > 0, microseconds.applyAsLong(i));
    }
    return events;
  }

  private static String plain(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /**
   * Whole times are in microseconds. So are floating-point ones that are all whole, or too far
   * apart for seconds; others are in seconds. Nothing but the resolution hangs on it, as frames are
   * cut by shares of a recording.
   */
  private IntToLongFunction microseconds() {
    if (time.isWhole()) {
      return time::whole;
    }
    boolean whole = true;
    double first = Double.POSITIVE_INFINITY;
    double last = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < time.length(); i++) {
      double value = time.number(i);
      if (!(Math.abs(value) * MICROSECONDS < Long.MAX_VALUE)
          && !(Math.abs(value) < Long.MAX_VALUE && value == Math.rint(value))) {
        throw IoErrors.damaged(
            file, "the time of event " + i + " is " + value, "seconds or microseconds");
      }
      whole &= value == Math.rint(value);
      first = Math.min(first, value);
      last = Math.max(last, value);
    }
    double scale = whole || last - first > SECONDS_OF_A_YEAR ? 1 : MICROSECONDS;
    return i -> Math.round(scale * time.number(i));
  }
}
