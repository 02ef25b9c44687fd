package sakd.base;

import java.util.Collection;
import java.util.Comparator;

/** Finds the name that the user probably meant. */
public final class EditDistance {
  /** Far above any name that is known: of a longer one, the start decides. */
  private static final int LONGEST = 200;

  private EditDistance() {}

  /** The candidate with the fewest insertions, deletions and substitutions; the first of equals. */
  public static String nearest(String name, Collection<String> candidates) {
    String start = name.substring(0, Math.min(name.length(), LONGEST));
    return candidates.stream()
        .min(Comparator.comparingInt((String candidate) -> between(start, candidate)))
        .orElseThrow();
  }

  /** Levenshtein's distance. */
  public static int between(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
