package sakd.task;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.Targets;
import sakd.infer.BoxMeter;
import sakd.infer.Meter;
import sakd.infer.PixelConfusion;
import sakd.infer.Score;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.Ops;

/** What networks are trained for. */
public enum Task implements Meter.Factory {
  /** The class of a picture. */
  CLASSIFICATION(
      Targets.Kind.CLASSES,
      Score.TOP1,
      List.of(Score.TOP1, Score.TOP5),
      List.of("ce", "logits"),
      Accuracy::new),
  /** The class of every pixel; {@code aux} is the cross-entropy of the auxiliary head. */
  SEGMENTATION(
      Targets.Kind.MASKS,
      Score.PIXEL_ACCURACY,
      List.of(Score.MIOU, Score.PIXEL_ACCURACY),
      List.of("ce", "logits", "aux"),
      PixelConfusion::new),
  /** Objects with boxes; {@code boxes} is the distance from the teacher's. */
  DETECTION(
      Targets.Kind.BOXES,
      Score.ANCHOR_ACCURACY,
      List.of(Score.AP, Score.AP50, Score.AP75),
      List.of("focal", "logits", "box", "boxes", "pyramid"),
      BoxMeter::new);

  /** Height of photographs, for the name of a network. */
  private static final int LARGE = 480;

  private final Targets.Kind targetKind;
  private final Score trainScore;
  private final List<Score> scores;
  private final List<String> losses;
  private final Meter.Factory meter;

  Task(
      Targets.Kind targetKind,
      Score trainScore,
      List<Score> scores,
      List<String> losses,
      Meter.Factory meter) {
    this.targetKind = targetKind;
    this.trainScore = trainScore;
    this.scores = scores;
    this.losses = losses;
    this.meter = meter;
  }

  /** What a network for these samples is trained for. */
  public static Task of(Dataset set) {
    return of(set.targetKind());
  }

  /** What a network that finds this is trained for. */
  public static Task of(Targets.Kind kind) {
    return Arrays.stream(values()).filter(t -> t.targetKind == kind).findFirst().orElseThrow();
  }

  /**
   * Refuses a network for other targets than the samples have.
   *
   * @param holder what has the network, up to its name: {@code --model is}
   * @param samples of this task
   * @throws UserError if the network is for another
   */
  public void requireNetwork(String holder, NetworkSpec network, Dataset samples) {
    if (network.targetKind() != targetKind) {
      throw new UserError(
          holder
              + " "
              + network.name()
              + ", which finds "
              + found(network.targetKind())
              + ", but the samples of "
              + samples.name()
              + " have "
              + had(targetKind)
              + "; expected a network for "
              + name().toLowerCase(Locale.ROOT)
              + ", such as "
              + Networks.defaultFor(targetKind, LARGE));
    }
  }

  private static String found(Targets.Kind kind) {
    return switch (kind) {
      case CLASSES -> "one class a picture";
      case MASKS -> "a class for every pixel";
      case BOXES -> "objects with boxes";
    };
  }

  private static String had(Targets.Kind kind) {
    return switch (kind) {
      case CLASSES -> "one class each";
      case MASKS -> "masks";
      case BOXES -> "objects with boxes";
    };
  }

  /** What the accuracy on training samples is: hits of {@link Objective.Losses}, as a share. */
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
