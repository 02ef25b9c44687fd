package sakd.train;

import java.util.List;

/** Hears how training goes. */
public interface Listener {
  /**
   * How far an epoch is.
   *
   * @param phase which network is trained: teacher, direct, sakd ...
   * @param epoch from 1
   * @param step steps done, of {@code steps} in this epoch
   * @param loss averaged over this epoch so far
   * @param lossScale of float16 training; 0 where there is none
   */
  record StepSummary(
      String phase,
      int epoch,
      int epochs,
      int step,
      int steps,
      LossTerms loss,
      double imagesPerSecond,
      double lossScale) {}

  /**
   * What one epoch brought.
   *
   * @param phase which network is trained: teacher, direct, sakd ...
   * @param epoch from 1
   * @param trainTop1 accuracy on the augmented training images, in [0, 1]
   * @param seconds of training, evaluation apart
   */
  record EpochSummary(
      String phase,
      int epoch,
      int epochs,
      double lr,
      LossTerms loss,
      double trainTop1,
      double top1,
      double top5,
      double imagesPerSecond,
      double seconds) {}

  /** After some steps. */
  void step(StepSummary summary);

  void epoch(EpochSummary summary);

  /** After an epoch in which samples could not be read and others took their places. */
  default void unreadable(String phase, int epoch, List<String> messages) {}
}
