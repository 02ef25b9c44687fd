package sakd.run;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import sakd.base.Numbers;
import sakd.infer.Score;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.train.Listener;

/** What is heard of training, as lines of the log. */
public final class LogLines {
  private static final int LR_DIGITS = 4;

  private LogLines() {}

  static String step(Listener.StepSummary s) {
    return String.format(
        Locale.ROOT,
        "%s epoch %d/%d step %d/%d  loss %.4f%s  %.0f images/s%s",
        s.phase(),
        s.epoch(),
        s.epochs(),
        s.step(),
        s.steps(),
        s.loss().total(),
        terms(s.loss()),
        s.imagesPerSecond(),
        s.lossScale() > 0 ? "  scale " + Numbers.plain(s.lossScale()) : "");
  }

  static String epoch(Listener.EpochSummary s) {
    return String.format(
        Locale.ROOT,
        "%s epoch %d/%d  lr %s  loss %.4f%s  train %s  %s %s%s  %.0f images/s  %s",
        s.phase(),
        s.epoch(),
        s.epochs(),
        Numbers.rounded(s.lr(), LR_DIGITS),
        s.loss().total(),
        terms(s.loss()),
        score(s.task(), s.task().trainScore(), s.trainAccuracy()),
        s.heldOut().label(),
        score(s.task(), s.scores().headline(), s.scores().value()),
        s.scores().others().stream()
            .map(o -> String.format(Locale.ROOT, "%s %.2f %%", o.label(), 100 * s.scores().get(o)))
            .collect(Collectors.joining(", ", " (", ")")),
        s.imagesPerSecond(),
        Numbers.duration(s.seconds()));
  }

  /** Named where training and test are judged by two scores. */
  private static String score(Task task, Score score, double value) {
    boolean one = task.trainScore() == task.scores().get(0);
    return String.format(Locale.ROOT, "%s%.2f %%", one ? "" : score.label() + " ", 100 * value);
  }

  static String unreadable(String phase, int epoch, List<String> messages) {
    return phase
        + " epoch "
        + epoch
        + ": "
        + Numbers.count(messages.size(), "sample")
        + " could not be read, others took their places: "
        + String.join("; ", messages);
  }

  static String stoppedEarly(Listener.Ended e) {
    return String.format(
        Locale.ROOT,
        "%s stopped early after epoch %d of %d: in %s no %s %s above the %.2f %% of epoch %d;"
            + " the weights are those of epoch %8$d",
        e.phase(),
        e.epoch(),
        e.epochs(),
        Numbers.count(e.epoch() - e.bestEpoch(), "epoch"),
        e.heldOut().label(),
        e.task().scores().get(0).label(),
        100 * e.best(),
        e.bestEpoch());
  }

  static String within(Listener.Start s) {
    return String.format(
        Locale.ROOT,
        "%s goes on in epoch %d of %d after step %d of %d",
        s.phase(),
        s.epoch(),
        s.epochs(),
        s.step(),
        s.steps());
  }

  static String rescheduled(Listener.Rescheduled r) {
    return String.format(
        Locale.ROOT,
        "schedule of %s: %s over %s instead of %d from epoch %d on, which has lr %s",
        r.phase(),
        r.schedule().shape(),
        Numbers.count(r.schedule().epochs(), "epoch"),
        r.epochsBefore(),
        r.epoch(),
        Numbers.rounded(r.schedule().at(r.epoch() - 1), LR_DIGITS));
  }

  /** The terms of a loss, if there are several. */
  public static String terms(LossTerms loss) {
    return !loss.several()
        ? ""
        : loss.terms().entrySet().stream()
            .map(LogLines::term)
            .collect(Collectors.joining(", ", " (", ")"));
  }

  /** Distances of features are means over many numbers, most of them small. */
  private static String term(Map.Entry<String, Double> term) {
    int digits = term.getKey().equals(LossTerms.FEATURES) ? 5 : 4;
    return String.format(Locale.ROOT, "%s %." + digits + "f", term.getKey(), term.getValue());
  }
}
