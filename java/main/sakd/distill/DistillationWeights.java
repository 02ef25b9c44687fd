package sakd.distill;

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
 */
public record DistillationWeights(
    float ce,
    float logits,
    float features,
    float boxes,
    float pyramid,
    float temperature,
    float labelSmoothing) {
  public DistillationWeights {
    if (ce < 0 || logits < 0 || features < 0 || boxes < 0 || pyramid < 0) {
      throw new IllegalArgumentException("weights of losses must not be negative");
    }
    if (!(temperature > 0)) {
      throw new IllegalArgumentException("temperature must be greater than 0");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException("label smoothing must be in [0, 1)");
    }
  }

  /** Of networks that find no boxes. */
  public DistillationWeights(
      float ce, float logits, float features, float temperature, float labelSmoothing) {
    this(ce, logits, features, 0, 0, temperature, labelSmoothing);
  }

  /** Cross-entropy alone. */
  public static DistillationWeights direct(float labelSmoothing) {
    return new DistillationWeights(1, 0, 0, 1, labelSmoothing);
  }

  public boolean needsTeacher() {
    return logits > 0 || features > 0 || boxes > 0 || pyramid > 0;
  }
}
