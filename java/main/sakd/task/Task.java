package sakd.task;

import java.util.List;
import sakd.data.Dataset;
import sakd.infer.Meter;
import sakd.infer.Score;
import sakd.ops.Ops;

/** What networks are trained for. */
public enum Task implements Meter.Factory {
  /** The class of a picture. */
  CLASSIFICATION(
      Score.TOP1, List.of(Score.TOP1, Score.TOP5), List.of("ce", "logits"), Accuracy::new);

  private final Score trainScore;
  private final List<Score> scores;
  private final List<String> losses;
  private final Meter.Factory meter;

  Task(Score trainScore, List<Score> scores, List<String> losses, Meter.Factory meter) {
    this.trainScore = trainScore;
    this.scores = scores;
    this.losses = losses;
    this.meter = meter;
  }

  /** What a network for these samples is trained for. */
  public static Task of(Dataset set) {
    return CLASSIFICATION;
  }

  /** What the accuracy on training samples is. */
  public Score trainScore() {
    return trainScore;
  }

  /** What {@link #open} measures, the headline first. */
  public List<Score> scores() {
    return scores;
  }

  /** The names of an objective's losses, but for the features'. */
  public List<String> losses() {
    return losses;
  }

  @Override
  public Meter open(Ops ops, int classes) {
    return meter.open(ops, classes);
  }
}
