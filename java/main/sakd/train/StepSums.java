package sakd.train;

/**
 * What some steps added up to.
 *
 * @param ce sum over the counted samples, as {@code logits} and {@code features}
 * @param counted samples of the steps whose loss was finite
 * @param hits samples whose true class came first
 * @param broken the first step whose loss was not finite, from 1; 0 if there was none
 * @param brokenLoss that loss
 */
public record StepSums(
    double ce,
    double logits,
    double features,
    long counted,
    long hits,
    long steps,
    long broken,
    float brokenLoss) {
  public static final StepSums ZERO = new StepSums(0, 0, 0, 0, 0, 0, 0, 0);

  /** These steps and those that came after. */
  public StepSums plus(StepSums next) {
    boolean first = broken > 0 || next.broken == 0;
    return new StepSums(
        ce + next.ce,
        logits + next.logits,
        features + next.features,
        counted + next.counted,
        hits + next.hits,
        steps + next.steps,
        first ? broken : steps + next.broken,
        first ? brokenLoss : next.brokenLoss);
  }

  /** The average loss. */
  public LossTerms loss(Objective objective) {
    return objective.terms(ce / counted, logits / counted, features / counted);
  }
}
