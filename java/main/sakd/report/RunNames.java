package sakd.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/** Short names of runs: what their folders have in common is left out, what differs is kept. */
final class RunNames {
  private static final Pattern WORDS = Pattern.compile("(?<=[-_/ ])");
  private static final Pattern SEPARATOR = Pattern.compile("[-_/ ]$");

  private RunNames() {}

  /**
   * A name for each folder, in their order, each once.
   *
   * @param folders at least one
   */
  static List<String> of(List<Path> folders) {
    List<List<String>> paths = new ArrayList<>();
    for (Path folder : folders) {
      List<String> parts = new ArrayList<>();
      folder.toAbsolutePath().normalize().forEach(part -> parts.add(part.toString()));
      paths.add(parts);
    }
    // Of a/first and a/second first and second, of first/run and second/run the same.
    while (paths.stream().allMatch(p -> p.size() > 1 && p.get(0).equals(paths.get(0).get(0)))) {
      paths.forEach(p -> p.remove(0));
    }
    while (differ(joined(paths, "/"))
        && paths.stream().allMatch(p -> p.size() > 1 && last(p).equals(last(paths.get(0))))) {
      paths.forEach(p -> p.remove(p.size() - 1));
    }
    return numbered(withoutCommonWords(joined(paths, "/")));
  }

  private static String last(List<String> list) {
    return list.get(list.size() - 1);
  }

  private static List<String> joined(List<List<String>> all, String by) {
    return all.stream().map(words -> String.join(by, words)).toList();
  }

  private static boolean differ(List<String> names) {
    return names.size() > 1 && new HashSet<>(names).size() == names.size();
  }

  /**
   * The names without the words that all have in one order, if they still differ then. A word stays
   * before a number that differs, as in lr-0.1.
   */
  private static List<String> withoutCommonWords(List<String> names) {
    List<List<String>> words = names.stream().map(RunNames::words).toList();
    List<String> common = words.get(0);
    for (List<String> other : words) {
      common = common(common, other);
    }
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      List<String> own = words.get(i);
      boolean[] shared = new boolean[own.size()];
      for (int k = 0, at = 0; k < own.size() && at < common.size(); k++) {
        shared[k] = own.get(k).equals(common.get(at));
        at += shared[k] ? 1 : 0;
      }
      String[] parts = WORDS.split(names.get(i), 0);
      StringBuilder out = new StringBuilder();
      for (int k = 0; k < parts.length; k++) {
        boolean number =
            k + 1 < parts.length && !shared[k + 1] && Character.isDigit(parts[k + 1].charAt(0));
        out.append(shared[k] && !number ? "" : parts[k]);
      }
      rest.add(SEPARATOR.matcher(out).replaceFirst(""));
    }
    return differ(rest) && rest.stream().noneMatch(String::isBlank) ? rest : names;
  }

  private static List<String> words(String name) {
    return WORDS.splitAsStream(name).map(w -> SEPARATOR.matcher(w).replaceFirst("")).toList();
  }

  /** A longest common subsequence. */
  private static List<String> common(List<String> a, List<String> b) {
    int[][] longest = new int[a.size() + 1][b.size() + 1];
    for (int i = a.size() - 1; i >= 0; i--) {
      for (int j = b.size() - 1; j >= 0; j--) {
        longest[i][j] =
            a.get(i).equals(b.get(j))
                ? longest[i + 1][j + 1] + 1
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    List<String> common = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (longest[i][j] > 0) {
      if (a.get(i).equals(b.get(j))) {
        common.add(a.get(i));
        i++;
        j++;
      } else if (longest[i + 1][j] >= longest[i][j + 1]) {
        i++;
      } else {
        j++;
      }
    }
    return common;
  }

  /** A folder that is given again gets a number. */
  private static List<String> numbered(List<String> names) {
    List<String> numbered = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      long before = names.subList(0, i).stream().filter(name::equals).count();
      numbered.add(before == 0 ? name : name + " (" + (before + 1) + ")");
    }
    return numbered;
  }
}
