package sakd.infer;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What an evaluation found.
 *
 * @param values in [0, 1], in the order they are told; the first is the headline, which decides
 *     between two epochs
 */
public record Scores(Map<Score, Double> values) {
  public Scores {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    if (values.isEmpty()) {
      throw new IllegalArgumentException("a score is needed");
    }
  }

  /** For people: {@code top-1 93.1 %, top-5 99.8 %}. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(e -> String.format(Locale.ROOT, "%s %.1f %%", e.getKey().label(), 100 * e.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** Which score decides. */
  public Score headline() {
    return values.keySet().iterator().next();
  }

  /** The score that decides, in [0, 1]. */
  public double value() {
    return values.get(headline());
  }

  /** The scores but for the headline. */
  public List<Score> others() {
    return values.keySet().stream().skip(1).toList();
  }

  /**
   * A score.
   *
   * @throws IllegalArgumentException if the task has no such score
   */
  public double get(Score score) {
    Double value = values.get(score);
    if (value == null) {
      throw new IllegalArgumentException(score.label() + " is none of " + values.keySet());
    }
    return value;
  }
}
