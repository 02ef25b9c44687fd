package sakd.run;

import java.util.List;
import java.util.Locale;
import sakd.train.Listener;
import sakd.train.LossTerms;

/** What is heard of training, as lines of the log. */
final class LogLines {
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
        s.lossScale() > 0 ? String.format(Locale.ROOT, "  scale %.6g", s.lossScale()) : "");
  }

  static String epoch(Listener.EpochSummary s) {
    return String.format(
        Locale.ROOT,
        "%s epoch %d/%d  lr %.4g  loss %.4f%s  train %.2f %%  test %.2f %% (top-5 %.2f %%)"
            + "  %.0f images/s  %.1f s",
        s.phase(),
        s.epoch(),
        s.epochs(),
        s.lr(),
        s.loss().total(),
        terms(s.loss()),
        100 * s.trainTop1(),
        100 * s.top1(),
        100 * s.top5(),
        s.imagesPerSecond(),
        s.seconds());
  }

  static String unreadable(String phase, int epoch, List<String> messages) {
    return phase
        + " epoch "
        + epoch
        + ": "
        + messages.size()
        + " samples could not be read, others took their places: "
        + String.join("; ", messages);
  }

  static String rescheduled(Listener.Rescheduled r) {
    return String.format(
        Locale.ROOT,
        "schedule of %s: %s over %d epochs instead of %d from epoch %d on, which has lr %.4g",
        r.phase(),
        r.schedule().kind().name().toLowerCase(Locale.ROOT),
        r.schedule().epochs(),
        r.epochsBefore(),
        r.epoch(),
        r.schedule().at(r.epoch() - 1));
  }

  private static String terms(LossTerms loss) {
    return loss.logits() == 0 && loss.features() == 0
        ? ""
        : String.format(
            Locale.ROOT,
            " (ce %.4f, logits %.4f, features %.5f)",
            loss.ce(),
            loss.logits(),
            loss.features());
  }
}
