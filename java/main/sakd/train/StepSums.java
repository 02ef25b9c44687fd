package sakd.train;

import java.util.ArrayList;
import java.util.List;
import sakd.task.LossTerms;
import sakd.task.Objective;

/**
 * What some steps added up to.
 *
 * @param losses sum over the counted samples of each loss of the objective, and of the features'
 *     distances; empty before the first step
 * @param counted samples of the steps whose loss was finite
 * @param hits how many were taken for what they are
 * @param candidates of how many: samples, or pixels that have a class
 * @param broken the first step whose loss was not finite, from 1; 0 if there was none
 * @param brokenLoss that loss
 */
public record StepSums(
    List<Double> losses,
    long counted,
    long hits,
    long candidates,
    long steps,
    long broken,
    float brokenLoss) {
  public static final StepSums ZERO = new StepSums(List.of(), 0, 0, 0, 0, 0, 0);

  public StepSums {
    losses = List.copyOf(losses);
  }

  /** These steps and those that came after. */
  public StepSums plus(StepSums next) {
    boolean first = broken > 0 || next.broken == 0;
    List<Double> sums = new ArrayList<>(next.losses);
    for (int l = 0; l < losses.size(); l++) {
      sums.set(l, losses.get(l) + next.losses.get(l));
    }
    return new StepSums(
        sums,
        counted + next.counted,
        hits + next.hits,
        candidates + next.candidates,
        steps + next.steps,
        first ? broken : steps + next.broken,
        first ? brokenLoss : next.brokenLoss);
  }

  /** The average loss. */
  public LossTerms loss(Objective objective) {
    return objective.terms(losses.stream().map(sum -> sum / counted).toList());
  }

  /**
   * Share of the candidates that were taken for what they are; 0, as of an evaluation, of samples
   * without any, such as masks that ignore all pixels, and NaN without samples.
   */
  public double accuracy() {
    return counted > 0 && candidates == 0 ? 0 : (double) hits / candidates;
  }
}
