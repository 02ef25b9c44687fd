package sakd.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.data.HeldOut;
import sakd.infer.Score;
import sakd.infer.Scores;
import sakd.task.LossTerms;
import sakd.task.Task;
import sakd.train.Listener;

/** What a listener is told of a training for classification. */
public final class Heard {
  private Heard() {}

  public static LossTerms loss(double total, double ce, double logits, double features) {
    Map<String, Double> terms = new LinkedHashMap<>();
    terms.put("ce", ce);
    terms.put("logits", logits);
    terms.put("features", features);
    return new LossTerms(total, terms);
  }

  public static Scores scores(double top1, double top5) {
    Map<Score, Double> values = new LinkedHashMap<>();
    values.put(Score.TOP1, top1);
    values.put(Score.TOP5, top5);
    return new Scores(values);
  }

  public static Listener.EpochSummary epoch(
      String phase,
      int epoch,
      int epochs,
      double lr,
      LossTerms loss,
      double trainTop1,
      double top1,
      double top5,
      double imagesPerSecond,
      double seconds) {
    return new Listener.EpochSummary(
        Task.CLASSIFICATION,
        phase,
        epoch,
        epochs,
        lr,
        loss,
        trainTop1,
        HeldOut.TEST,
        scores(top1, top5),
        imagesPerSecond,
        seconds);
  }
}
