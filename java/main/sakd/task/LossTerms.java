package sakd.task;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Loss averaged over samples.
 *
 * @param total the weighted sum that was minimised
 * @param terms each without its weight, by its name, in the order they are told; 0 if not used
 */
public record LossTerms(double total, Map<String, Double> terms) {
  /** The term of the features' distances. */
  public static final String FEATURES = "features";

  public LossTerms {
    terms = Collections.unmodifiableMap(new LinkedHashMap<>(terms));
  }

  /** Whether there is more to tell than the first term. */
  public boolean several() {
    return terms.values().stream().skip(1).anyMatch(v -> v != 0);
  }
}
