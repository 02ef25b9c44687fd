package sakd.ranks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Slurm's short forms: of lists of machines, and of a number for each of them. */
final class NodeList {
  private static final Pattern BRACKETS = Pattern.compile("([^\\[\\],]*)\\[([^\\]]*)\\](.*)");
  private static final Pattern REPEATED = Pattern.compile("(\\d+)\\(x(\\d+)\\)");

  private NodeList() {}

  /** The first name of {@code node[01-04,7],login}: {@code node01}. */
  static String first(String list) {
    String rest = list.strip();
    StringBuilder name = new StringBuilder();
    Matcher m = BRACKETS.matcher(rest);
    // A name may have several brackets: rack[1-2]node[03-04].
    while (m.matches() && !m.group(1).contains(",")) {
      name.append(m.group(1)).append(m.group(2).split("[-,]", 2)[0]);
      rest = m.group(3);
      m = BRACKETS.matcher(rest);
    }
    return name + rest.split("[,\\[]", 2)[0];
  }

  /** The numbers of {@code 4(x2),3}: 4, 4, 3; empty if it is no such list. */
  static List<Integer> numbers(String list) {
    List<Integer> numbers = new ArrayList<>();
    for (String part : list.strip().toLowerCase(Locale.ROOT).split(",", -1)) {
      Matcher m = REPEATED.matcher(part);
      try {
        int times = m.matches() ? Integer.parseInt(m.group(2)) : 1;
        int number = Integer.parseInt(m.matches() ? m.group(1) : part);
        for (int i = 0; i < times; i++) {
          numbers.add(number);
        }
      } catch (NumberFormatException e) {
        return List.of();
      }
    }
    return numbers;
  }
}
