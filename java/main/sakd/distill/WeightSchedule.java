package sakd.distill;

/**
 * Weights of the loss by epoch.
 *
 * @param start those of the first epoch
 * @param featureEpochs epochs after which the features' weight becomes {@code laterFeatures}; 0 if
 *     it stays (the published training on ImageNet lowers it from 10 to 0.01 after 10 epochs)
 * @param finalTemperature the logits' temperature in the last epoch, which it reaches linearly from
 *     the first one's (annealing as in Jafari et al. 2021, arXiv 2104.07163)
 */
public record WeightSchedule(
    DistillationWeights start, int featureEpochs, float laterFeatures, float finalTemperature) {
  public WeightSchedule {
    if (featureEpochs < 0 || laterFeatures < 0 || !(finalTemperature > 0)) {
      throw new IllegalArgumentException("epochs and weights must not be negative");
    }
  }

  /** The same weights in every epoch. */
  public static WeightSchedule constant(DistillationWeights weights) {
    return new WeightSchedule(weights, 0, 0, weights.temperature());
  }

  /** What a method leaves of it. */
  WeightSchedule select(Method method) {
    DistillationWeights left = method.select(start);
    return new WeightSchedule(
        left, featureEpochs, left.features() > 0 ? laterFeatures : 0, finalTemperature);
  }

  /** What changes with the number of epochs, for a line of the log; empty if nothing does. */
  String annealing() {
    return (start.logits() > 0 || start.steps().rightSteps() > 0)
            && finalTemperature != start.temperature()
        ? ", temperature " + start.temperature() + " to " + finalTemperature
        : "";
  }

  /** The weights of epoch {@code epoch}, from 0, of {@code epochs}. */
  public DistillationWeights at(int epoch, int epochs) {
    boolean later = featureEpochs > 0 && epoch >= featureEpochs;
    float done = epochs > 1 ? (float) epoch / (epochs - 1) : 0;
    return start.with(
        later ? laterFeatures : start.features(),
        start.temperature() + done * (finalTemperature - start.temperature()));
  }
}
