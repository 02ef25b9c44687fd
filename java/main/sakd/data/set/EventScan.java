package sakd.data.set;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.data.event.EventReader;
import sakd.data.event.Events;

/** Reads every recording of a set once, before it is used. */
final class EventScan {
  /** As in an epoch, so many cannot be read without an end to everything. */
  private static final double TOLERATED = 0.001;

  private static final int NAMED = 3;

  private EventScan() {}

  /** What was made of a file, or why it cannot be read. */
  private record Outcome<R>(R result, String failure) {}

  /**
   * Reads files, some at a time.
   *
   * @param use makes something of the events of a file
   * @param note hears of files that cannot be read, as long as they are few
   * @return what was made of each that can be read, in the order of the files
   * @throws UserError if too many cannot be read
   */
  static <R> List<R> each(
      List<Path> files, BiFunction<Path, Events, R> use, Consumer<String> note) {
    List<Outcome<R>> outcomes = files.parallelStream().map(f -> outcome(f, use)).toList();
    List<String> failures =
        outcomes.stream().map(Outcome::failure).filter(Objects::nonNull).toList();
    String named = String.join("; ", failures.stream().limit(NAMED).toList());
    String count = failures.size() + " of " + files.size() + " recordings cannot be read";
    if (failures.size() > TOLERATED * files.size()) {
      throw new UserError(
          failures.size() == 1
              ? named
              : count + "; expected at most 0.1 %, fix or remove them: " + named);
    }
    if (!failures.isEmpty()) {
      note.accept(count + ": " + named);
    }
    return outcomes.stream().map(Outcome::result).filter(Objects::nonNull).toList();
  }

  private static <R> Outcome<R> outcome(Path file, BiFunction<Path, Events, R> use) {
    try {
      return new Outcome<>(use.apply(file, EventReader.read(file)), null);
    } catch (UserError e) {
      return new Outcome<>(null, e.getMessage());
    }
  }
}
