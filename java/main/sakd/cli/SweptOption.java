package sakd.cli;

import java.util.HashSet;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import sakd.base.EditDistance;
import sakd.base.UserError;

/**
 * An option of train with the values that {@code sweep} gives it.
 *
 * @param values as typed; on and off of an option that has none itself; off of any other leaves it
 *     out, unless it has such a value
 */
record SweptOption(OptionSpec option, List<String> values) {
  private static final String ON = "on";
  private static final String OFF = "off";

  /**
   * Reads {@code NAME=V,V...}, with or without -- before the name.
   *
   * @throws UserError if there is no such setting, or fewer than two different values are given
   */
  static SweptOption of(String text) {
    String[] parts = text.split("=", 2);
    String name = parts[0].replaceFirst("^--", "");
    OptionSpec option = option(name);
    List<String> values = parts.length == 1 ? List.of() : List.of(parts[1].split(",", -1));
    boolean flag = option.arity().max() == 0;
    boolean sound =
        values.size() > 1
            && new HashSet<>(values).size() == values.size()
            && values.stream().noneMatch(String::isBlank)
            && (!flag || List.of(ON, OFF).containsAll(values));
    if (!sound) {
      throw new UserError(
          "--over is "
              + text
              + "; expected "
              + (flag
                  ? name + "=on,off, as the option has no values"
                  : "two or more different values with commas between, such as " + name + "=V1,V2")
              + ", give that");
    }
    if (!option.splitRegex().isEmpty()) {
      throw new UserError(
          "--over is "
              + text
              + ", and a value of --"
              + name
              + " may have commas itself; expected another option, give the values of this one to"
              + " sweeps of their own");
    }
    return new SweptOption(option, values);
  }

  private static OptionSpec option(String name) {
    CommandSpec train = new CommandLine(new TrainCommand()).getCommandSpec();
    List<String> known =
        ResolvedSettings.options(train)
            .map(o -> o.longestName().substring(2))
            .filter(o -> !o.equals("seed"))
            .toList();
    if (!known.contains(name)) {
      throw new UserError(
          "--over names "
              + name
              + (name.equals("seed")
                  ? "; expected seeds as --seeds, give them so"
                  : ", which is no setting of train; expected one, such as lr=0.05,0.1, did you"
                      + " mean "
                      + EditDistance.nearest(name, known)
                      + "?"));
    }
    return train.findOption("--" + name);
  }

  /** Without --. */
  String name() {
    return option.longestName().substring(2);
  }

  /** What it may be called among arguments. */
  List<String> names() {
    return option.negatable()
        ? List.of(option.longestName(), negated())
        : List.of(option.longestName());
  }

  private String negated() {
    return option.longestName().replaceFirst("--", "--no-");
  }

  /** The arguments of train for one of the values. */
  List<String> args(String value) {
    if (option.arity().max() > 0) {
      boolean leftOut =
          value.equals(OFF) && !List.of(option.paramLabel().split("\\|")).contains(OFF);
      return leftOut ? List.of() : List.of(option.longestName() + "=" + value);
    }
    return value.equals(ON)
        ? List.of(option.longestName())
        : option.negatable() ? List.of(negated()) : List.of();
  }
}
