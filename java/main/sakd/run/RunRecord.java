package sakd.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import sakd.base.UserError;
import sakd.data.HeldOut;
import sakd.io.IoErrors;
import sakd.task.LossTerms;
import sakd.task.Task;

/**
 * What a run directory says of itself, finished or interrupted; it is read, and left alone.
 *
 * @param name of the folder, unique among those of a report
 * @param args the arguments it was started with
 * @param log the lines that training printed
 * @param task what its networks are for
 * @param heldOut the samples on which it scored every epoch
 * @param rows of summary.csv
 */
public record RunRecord(
    Path folder,
    String name,
    List<String> args,
    List<String> log,
    Task task,
    HeldOut heldOut,
    List<Summary.Row> rows) {
  /**
   * Reads a folder.
   *
   * @throws UserError if it is no run directory
   */
  public static RunRecord read(Path folder, String name) {
    if (!RunArguments.areIn(folder)) {
      throw new UserError(
          folder
              + " is not a run directory (it has no args.txt); expected one that train wrote, give"
              + " its path");
    }
    Summary summary = new Summary(folder);
    return new RunRecord(
        folder,
        name,
        RunArguments.of(folder),
        log(folder.resolve(RunFolder.LOG)),
        summary.task(),
        summary.heldOut(),
        summary.rows());
  }

  /** The lines of the log; none if it is not there, as in a run that was stopped early. */
  private static List<String> log(Path file) {
    if (!Files.exists(file)) {
      return List.of();
    }
    try {
      // Damaged bytes become other characters; the lines around them are as good as before.
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "the log of a run", e);
    }
  }

  /** The value of an option that the run was started with, as {@code --name V} or {@code =V}. */
  public Optional<String> option(String name) {
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).startsWith(name + "=")) {
        return Optional.of(args.get(i).substring(name.length() + 1));
      }
      if (args.get(i).equals(name) && i + 1 < args.size()) {
        return Optional.of(args.get(i + 1));
      }
    }
    return Optional.empty();
  }

  /** The phases in the order they were trained. */
  public List<String> phases() {
    return rows.stream().map(Summary.Row::phase).distinct().toList();
  }

  public List<Summary.Row> rows(String phase) {
    return rows.stream().filter(r -> r.phase().equals(phase)).toList();
  }

  /**
   * The headline's score of a phase on the test images, as the final table has it; empty where
   * every epoch was scored on these, or the run has not come to its table.
   */
  public OptionalDouble tested(String phase) {
    return heldOut == HeldOut.TEST
        ? OptionalDouble.empty()
        : Results.score(folder, task.scores().get(0), phase);
  }

  /** The columns of summary.csv with a term of the loss, in order, as long as one is not 0. */
  public List<String> lossTerms() {
    List<String> columns =
        rows.stream().findFirst().map(r -> List.copyOf(r.cells().keySet())).orElse(List.of());
    int first = columns.indexOf("loss");
    int end = columns.indexOf(LossTerms.FEATURES);
    return first < 0 || end < first
        ? List.of()
        : columns.subList(first, end + 1).stream()
            .filter(c -> rows.stream().anyMatch(r -> r.cell(c) != 0))
            .toList();
  }

  /** The line of the log that starts so, without the word; empty if there is none. */
  public String logged(String word) {
    return log.stream()
        .filter(line -> line.startsWith(word))
        .reduce((first, last) -> last)
        .map(line -> line.substring(word.length()).strip())
        .orElse("");
  }

  /** Whether training came to its end, where it prints the table, and did not go on after it. */
  public boolean finished() {
    for (int i = log.size() - 1; i >= 0 && !log.get(i).startsWith("device "); i--) {
      if (log.get(i).startsWith("network ")) {
        return true;
      }
    }
    return false;
  }
}
