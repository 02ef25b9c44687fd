package sakd.run;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import sakd.data.HeldOut;
import sakd.infer.Score;
import sakd.task.LossTerms;
import sakd.task.Task;

/**
 * The columns of a run's {@link Summary}. Scores on validation samples are called {@code val_top1}
 * in the file's header, so that nobody takes them for scores on the test samples.
 *
 * @param task what its networks are for: it names the losses and the scores
 * @param further the losses that this run has besides
 * @param heldOut the samples that the scores are on
 */
public record SummaryColumns(Task task, List<String> further, HeldOut heldOut) {
  private static final String TRAIN = "train_";
  private static final String VALIDATION = "val_";
  private static final List<String> BEFORE = List.of("phase", "epoch", "lr", "loss");
  private static final List<String> AFTER = List.of("images_per_second", "seconds");

  public SummaryColumns {
    further = List.copyOf(further);
  }

  /** Without further losses, and with scores on the test samples. */
  public SummaryColumns(Task task) {
    this(task, List.of(), HeldOut.TEST);
  }

  /** The terms of the loss. */
  List<String> losses() {
    List<String> losses = new ArrayList<>(task.losses());
    losses.addAll(further);
    losses.add(LossTerms.FEATURES);
    return losses;
  }

  /** Scores, in [0, 1]. */
  List<String> shares() {
    List<String> shares = new ArrayList<>(List.of(TRAIN + task.trainScore().column()));
    task.scores().forEach(s -> shares.add(s.column()));
    return shares;
  }

  /** All, in their order. */
  List<String> names() {
    List<String> names = new ArrayList<>(BEFORE);
    names.addAll(losses());
    names.addAll(shares());
    names.addAll(AFTER);
    return names;
  }

  String header() {
    if (heldOut == HeldOut.TEST) {
      return String.join(",", names());
    }
    List<String> scores = task.scores().stream().map(Score::column).toList();
    return names().stream()
        .map(name -> scores.contains(name) ? VALIDATION + name : name)
        .collect(Collectors.joining(","));
  }

  /** Those that a line names; empty if it is no header. */
  static Optional<SummaryColumns> of(String line) {
    List<String> words = List.of(line.split(",", -1));
    return Arrays.stream(Task.values())
        .flatMap(
            task ->
                Arrays.stream(HeldOut.values())
                    .map(held -> new SummaryColumns(task, between(task, words), held)))
        .filter(columns -> columns.header().equals(line))
        .findFirst();
  }

  /** What stands between a task's own losses and the features', if the line is of that task. */
  private static List<String> between(Task task, List<String> words) {
    int first = BEFORE.size() + task.losses().size();
    int end = words.indexOf(LossTerms.FEATURES);
    List<String> further = first < end ? words.subList(first, end) : List.of();
    return further.stream().allMatch(word -> word.matches("[a-z0-9-]+")) ? further : List.of();
  }
}
