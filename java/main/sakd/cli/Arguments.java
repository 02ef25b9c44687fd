package sakd.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Words of a command line, in which an option's value is the next word or stands behind an =. */
final class Arguments {
  private Arguments() {}

  /** Whether an option is among them. */
  static boolean have(String option, List<String> args) {
    return args.stream().anyMatch(a -> a.equals(option) || a.startsWith(option + "="));
  }

  /** The last value of an option. */
  static Optional<String> value(String option, List<String> args) {
    Optional<String> value = Optional.empty();
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).equals(option) && i + 1 < args.size()) {
        value = Optional.of(args.get(i + 1));
      } else if (args.get(i).startsWith(option + "=")) {
        value = Optional.of(args.get(i).substring(option.length() + 1));
      }
    }
    return value;
  }

  /** Those without an option that has a value. */
  static List<String> without(String option, List<String> args) {
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).equals(option)) {
        i++; // Its value.
      } else if (!args.get(i).startsWith(option + "=")) {
        rest.add(args.get(i));
      }
    }
    return rest;
  }

  /** Those without an option and its values, which are the words up to the next option. */
  static List<String> withoutWords(String option, List<String> args) {
    List<String> rest = new ArrayList<>();
    boolean within = false;
    for (String word : args) {
      if (word.startsWith("--")) {
        within = word.equals(option) || word.startsWith(option + "=");
      }
      if (!within) {
        rest.add(word);
      }
    }
    return rest;
  }
}
