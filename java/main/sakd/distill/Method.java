package sakd.distill;

import sakd.ops.StepTerms;

/** Which of SAKD's parts a student is trained with: the rows of the paper's ablation. */
public enum Method {
  /** No student: the ANN alone is trained, as a teacher for later. */
  ANN(false, false, false),
  /** Both levels: weights transferred, logits and features followed. */
  SAKD(true, true, true),
  /** Labels alone, from random weights. */
  DIRECT(false, false, false),
  /** Level 1 alone: weights transferred, then labels alone. */
  TRANSFER(true, false, false),
  /** The logits' term alone, from random weights. */
  LOGITS(false, true, false),
  /** The features' term alone, from random weights. */
  FEATURES(false, false, true);

  private final boolean transfersWeights;
  private final boolean followsLogits;
  private final boolean followsFeatures;

  Method(boolean transfersWeights, boolean followsLogits, boolean followsFeatures) {
    this.transfersWeights = transfersWeights;
    this.followsLogits = followsLogits;
    this.followsFeatures = followsFeatures;
  }

  public boolean transfersWeights() {
    return transfersWeights;
  }

  public boolean needsTeacher() {
    return transfersWeights || followsLogits || followsFeatures;
  }

  public boolean followsLogits() {
    return followsLogits;
  }

  public boolean followsFeatures() {
    return followsFeatures;
  }

  /** The weights of the loss with only this method's terms left. */
  public DistillationWeights select(DistillationWeights all) {
    return new DistillationWeights(
        all.ce(),
        followsLogits ? all.logits() : 0,
        followsFeatures ? all.features() : 0,
        followsLogits ? all.boxes() : 0,
        followsFeatures ? all.pyramid() : 0,
        all.temperature(),
        all.labelSmoothing(),
        followsFeatures ? all.map() : 0,
        this == ANN ? StepTerms.NONE : all.steps());
  }
}
