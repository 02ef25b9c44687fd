package sakd.data;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which classes are the same by their names. Systems write one name in several forms: macOS takes
 * accents apart, and copies are often of another case.
 */
public final class ClassNames {
  /** What class numbers are called that no class has, as COCO's. */
  public static final String UNUSED = "N/A";

  private static final int SHOWN = 10;

  private ClassNames() {}

  /** The one form of a name that is written in several ways in Unicode. */
  public static String composed(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFC);
  }

  /**
   * Finds the class number of each name: that of the same name, or else of the only one that
   * differs in case alone and that no other name has.
   *
   * @param known by class number
   * @return -1 for a name that is not known
   */
  public static int[] find(List<String> known, List<String> names) {
    int[] numbers = new int[names.size()];
    Map<String, Integer> same = new HashMap<>();
    Map<String, List<Integer>> folded = new HashMap<>();
    for (int k = 0; k < known.size(); k++) {
      same.putIfAbsent(composed(known.get(k)), k);
      folded.computeIfAbsent(folded(known.get(k)), f -> new ArrayList<>()).add(k);
    }
    Set<Integer> taken = new HashSet<>();
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = same.getOrDefault(composed(names.get(i)), -1);
      taken.add(numbers[i]);
    }
    for (int i = 0; i < numbers.length; i++) {
      List<Integer> alike = folded.getOrDefault(folded(names.get(i)), List.of());
      if (numbers[i] < 0 && alike.size() == 1 && taken.add(alike.get(0))) {
        numbers[i] = alike.get(0);
      }
    }
    return numbers;
  }

  private static String folded(String name) {
    return composed(name).toLowerCase(Locale.ROOT);
  }

  /** The names that {@link #find} did not find, but for those of no class. */
  public static List<String> unknown(List<String> names, int[] numbers) {
    return IntStream.range(0, numbers.length)
        .filter(i -> numbers[i] < 0 && !names.get(i).equals(UNUSED))
        .mapToObj(names::get)
        .toList();
  }

  /**
   * As {@link #find}, but where as many names of one side are but the class numbers, those of sets
   * without names, the numbers are taken as they are.
   */
  public static int[] numbers(List<String> known, List<String> names) {
    int[] numbers = find(known, names);
    boolean counted = known.size() == names.size() && (areNumbers(known) || areNumbers(names));
    return counted && !unknown(names, numbers).isEmpty()
        ? IntStream.range(0, numbers.length).toArray()
        : numbers;
  }

  private static boolean areNumbers(List<String> names) {
    return names.equals(IntStream.range(0, names.size()).mapToObj(Integer::toString).toList());
  }

  /** Names for a message, which need not all be there. */
  public static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
        + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
  }
}
