package sakd.ops;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Weights of the terms between the time steps of one network, which need no teacher; a term of
 * weight 0 is not computed. {@link StepLossOps#stepLosses} has the formulas.
 *
 * @param s2w of Strong2Weak: the least confident step follows the most confident
 * @param w2s of Weak2Strong: the most confident step follows the least confident
 * @param prefix of the mean of the first steps, which follows that of one step more
 * @param rightSteps of every step, which follows the mean of the steps that are right
 * @param entropy of the steps' entropy, which is rewarded: it is taken off the loss
 */
public record StepTerms(float s2w, float w2s, float prefix, float rightSteps, float entropy) {
  /** How many there are. */
  public static final int COUNT = 5;

  /** Of the divergences of the most and the least confident step, as published. */
  public static final float TEMPERATURE = 2;

  public static final StepTerms NONE = new StepTerms(0, 0, 0, 0, 0);

  public StepTerms {
    if (!(s2w >= 0 && w2s >= 0 && prefix >= 0 && rightSteps >= 0 && entropy >= 0)) {
      throw new IllegalArgumentException("weights of losses must not be negative");
    }
  }

  /** Whether one of them is computed. */
  public boolean any() {
    return !equals(NONE);
  }

  /**
   * What each adds to the loss, by the name that logs and tables have for it, in this order. The
   * entropy is told as it is and rewarded, so that its weight is negative.
   */
  public Map<String, Float> byName() {
    Map<String, Float> weights = new LinkedHashMap<>();
    weights.put("s2w", s2w);
    weights.put("w2s", w2s);
    weights.put("prefix-ce", prefix);
    weights.put("right-steps", rightSteps);
    weights.put("entropy", -entropy);
    return weights;
  }
}
