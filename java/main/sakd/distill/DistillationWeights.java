package sakd.distill;

/**
 * Weights of the terms of the loss; a term of weight 0 is not computed.
 *
 * @param ce of the cross-entropy with the labels
 * @param logits of the KL divergence from the teacher's logits
 * @param features of the feature distances
 * @param temperature of the logits' distillation, T_kd
 * @param labelSmoothing of the cross-entropy's target, in [0, 1)
 */
public record DistillationWeights(
    float ce, float logits, float features, float temperature, float labelSmoothing) {
  public DistillationWeights {
    if (ce < 0 || logits < 0 || features < 0) {
      throw new IllegalArgumentException("weights of losses must not be negative");
    }
    if (!(temperature > 0)) {
      throw new IllegalArgumentException("temperature must be greater than 0");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException("label smoothing must be in [0, 1)");
    }
  }

  /** Cross-entropy alone. */
  public static DistillationWeights direct(float labelSmoothing) {
    return new DistillationWeights(1, 0, 0, 1, labelSmoothing);
  }

  public boolean needsTeacher() {
    return logits > 0 || features > 0;
  }
}
