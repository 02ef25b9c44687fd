package sakd.distill;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.ops.StepTerms;

/**
 * Weights of the terms of the loss; a term of weight 0 is not computed.
 *
 * @param ce of what the labels ask: cross-entropy, or focal and box loss
 * @param logits of the KL divergence from the teacher's logits
 * @param features of the distances of the stages' features
 * @param boxes of the distances from the teacher's boxes; of networks that find none, 0
 * @param pyramid of the distances of the pyramid's levels; of networks without one, 0
 * @param temperature of the logits' distillation, T_kd
 * @param labelSmoothing of the cross-entropy's target, in [0, 1)
 * @param map of the divergence from the teacher's class activation map
 * @param steps of the terms between the student's own time steps
 */
public record DistillationWeights(
    float ce,
    float logits,
    float features,
    float boxes,
    float pyramid,
    float temperature,
    float labelSmoothing,
    float map,
    StepTerms steps) {
  /** The map's term, as logs and summary.csv name it. */
  static final String MAP = "map";

  public DistillationWeights {
    if (ce < 0 || logits < 0 || features < 0 || boxes < 0 || pyramid < 0 || map < 0) {
      throw new IllegalArgumentException("weights of losses must not be negative");
    }
    if (!(temperature > 0)) {
      throw new IllegalArgumentException("temperature must be greater than 0");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException("label smoothing must be in [0, 1)");
    }
  }

  /** The paper's terms, and those of detectors. */
  public DistillationWeights(
      float ce,
      float logits,
      float features,
      float boxes,
      float pyramid,
      float temperature,
      float labelSmoothing) {
    this(ce, logits, features, boxes, pyramid, temperature, labelSmoothing, 0, StepTerms.NONE);
  }

  /** The paper's terms, of networks that find no boxes. */
  public DistillationWeights(
      float ce, float logits, float features, float temperature, float labelSmoothing) {
    this(ce, logits, features, 0, 0, temperature, labelSmoothing);
  }

  /** Cross-entropy alone. */
  public static DistillationWeights direct(float labelSmoothing) {
    return new DistillationWeights(1, 0, 0, 1, labelSmoothing);
  }

  public boolean needsTeacher() {
    return logits > 0 || features > 0 || boxes > 0 || pyramid > 0 || map > 0;
  }

  /** The same with another weight of the features and another temperature. */
  DistillationWeights with(float otherFeatures, float otherTemperature) {
    return new DistillationWeights(
        ce, logits, otherFeatures, boxes, pyramid, otherTemperature, labelSmoothing, map, steps);
  }

  /** The same with these terms as well. */
  public DistillationWeights with(float otherMap, StepTerms otherSteps) {
    return new DistillationWeights(
        ce, logits, features, boxes, pyramid, temperature, labelSmoothing, otherMap, otherSteps);
  }

  /**
   * The terms of classification beyond the paper's that are on, as logs and summary.csv name them,
   * in that order, with their weights.
   */
  Map<String, Float> further() {
    Map<String, Float> on = new LinkedHashMap<>();
    on.put(MAP, map);
    on.putAll(steps.byName());
    on.values().removeIf(weight -> weight == 0);
    return on;
  }
}
