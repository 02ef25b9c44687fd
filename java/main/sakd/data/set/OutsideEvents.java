package sakd.data.set;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import sakd.data.event.Events;

/** Counts what is dropped where it is said which sensor a set has. */
final class OutsideEvents {
  private OutsideEvents() {}

  /** A file with the number of its events outside, and the first of them. */
  private record Count(Path file, long outside, int column, int row) {}

  /** Says how many events lie outside, if any. */
  static void note(List<Path> files, Sensor sensor, Consumer<String> note) {
    List<Count> counts =
        EventScan.each(files, (file, events) -> count(file, events, sensor), note).stream()
            .filter(c -> c.outside > 0)
            .toList();
    if (counts.isEmpty()) {
      return;
    }
    Count first = counts.get(0);
    note.accept(
        counts.stream().mapToLong(Count::outside).sum()
            + " events of "
            + counts.size()
            + " recordings lie outside the sensor of "
            + sensor
            + " and are dropped, the first of "
            + first.file
            + " at column "
            + first.column
            + ", row "
            + first.row);
  }

  private static Count count(Path file, Events events, Sensor sensor) {
    long outside = 0;
    int first = 0;
    for (int i = events.size() - 1; i >= 0; i--) {
      if (events.x(i) >= sensor.width() || events.y(i) >= sensor.height()) {
        outside++;
        first = i;
      }
    }
    return new Count(file, outside, events.x(first), events.y(first));
  }
}
