package sakd.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.io.IoErrors;
import sakd.io.Json;

/**
 * The settings of a training as a file for people, which {@code --config} reads: YAML of one level,
 * {@code key: value} a line, with the options' long names as keys. Values are plain, in quotes, or
 * {@code [a, b]}; a key without a value, or with {@code null}, is as one that is left out.
 */
final class ConfigFile {
  /** Far above any list of settings. */
  private static final int MOST_BYTES = 1 << 16;

  private static final Pattern ENTRY = Pattern.compile("([A-Za-z][\\w-]*)\\s*:(?:\\s+(.*))?");
  private static final Pattern DOUBLE_QUOTED =
      Pattern.compile("(\"(?:[^\"\\\\]|\\\\.)*\")(?:\\s+#.*)?");
  private static final Pattern SINGLE_QUOTED = Pattern.compile("'((?:[^']|'')*)'(?:\\s+#.*)?");
  private static final Pattern LIST = Pattern.compile("\\[([^\\[\\]]*)\\](?:\\s+#.*)?");

  /** What stands for itself without quotes. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][\\w.-]*");

  /** Words that YAML takes for something else than a text. */
  private static final Pattern NO_TEXT = Pattern.compile("(?i)true|false|yes|no|on|off|y|n|null");

  private final Path file;
  private final CommandSpec spec;

  /** Arguments by the number of their line. */
  private final Map<Integer, Entry> entries = new LinkedHashMap<>();

  /** A line: an option, and the argument that it stands for; none if the option is not given. */
  private record Entry(OptionSpec option, List<String> args) {}

  private ConfigFile(Path file, CommandSpec spec) {
    this.file = file;
    this.spec = spec;
  }

  /**
   * The arguments of {@code train} with those of a file in the place of {@code --config}: settings
   * of the command line, and of recipes in it, take the place of the file's.
   *
   * @param args as parsed, recipes spelt out
   * @throws UserError if the file cannot be read, or holds what is no setting
   */
  static List<String> spelt(List<String> args, ParseResult parsed, Path file) {
    ConfigFile config = new ConfigFile(file, parsed.commandSpec());
    config.read();
    config.check();
    List<String> all = new ArrayList<>();
    for (Entry entry : config.entries.values()) {
      if (!parsed.hasMatchedOption(entry.option)) {
        all.addAll(entry.args);
      }
    }
    all.addAll(Arguments.without(TrainCommand.CONFIG, args));
    return all;
  }

  private void read() {
    List<String> lines;
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new UserError(
            file + " has " + Files.size(file) + " bytes; expected settings, key: value a line");
      }
      lines = Files.readString(file, StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw IoErrors.unreadable(file, "settings as UTF-8 text, key: value a line", e);
    }
    List<OptionSpec> seen = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).stripTrailing();
      if (line.isBlank() || line.strip().startsWith("#") || line.equals("---")) {
        continue;
      }
      Matcher m = ENTRY.matcher(line);
      if (!m.matches()) {
        throw wrong(
            i + 1,
            "is '"
                + IoErrors.excerpt(line)
                + "'; expected key: value, such as lr: 0.1, one a line");
      }
      OptionSpec option = option(m.group(1), i + 1);
      if (seen.contains(option)) {
        throw wrong(i + 1, "sets " + m.group(1) + " again; expected it once, take one out");
      }
      seen.add(option);
      String value = value(m.group(2) == null ? "" : m.group(2).strip(), i + 1);
      if (value != null) {
        entries.put(i + 1, new Entry(option, args(option, value, i + 1)));
      }
    }
  }

  private OptionSpec option(String key, int line) {
    OptionSpec option = spec.findOption("--" + key);
    List<String> known =
        ResolvedSettings.options(spec).map(o -> o.longestName().substring(2)).toList();
    if (option == null || !known.contains(key)) {
      throw wrong(
          line,
          "sets "
              + key
              + (option == null ? ", which is unknown" : ", which is for the command line alone")
              + "; expected the long name of a setting without --, did you mean "
              + EditDistance.nearest(key, known)
              + "?");
    }
    return option;
  }

  /** The text of a value; null for none. */
  private String value(String text, int line) {
    Matcher m = DOUBLE_QUOTED.matcher(text);
    if (m.matches()) {
      try {
        return (String) Json.parse(m.group(1));
      } catch (Json.SyntaxException e) {
        throw wrong(line, "has quotes around " + IoErrors.excerpt(text) + ", " + e.getMessage());
      }
    }
    m = SINGLE_QUOTED.matcher(text);
    if (m.matches()) {
      return m.group(1).replace("''", "'");
    }
    m = LIST.matcher(text);
    if (m.matches()) {
      return String.join(",", Arrays.stream(m.group(1).split(",")).map(String::strip).toList());
    }
    if (text.startsWith("\"") || text.startsWith("'") || text.startsWith("[")) {
      throw wrong(
          line, "is cut off at " + IoErrors.excerpt(text) + "; expected the closing mark, add it");
    }
    String plain = text.startsWith("#") ? "" : text.replaceFirst("\\s+#.*", "");
    return plain.isEmpty() || plain.equals("null") || plain.equals("~") ? null : plain;
  }

  private List<String> args(OptionSpec option, String value, int line) {
    if (option.arity().max() > 0) {
      return List.of(option.longestName() + "=" + value);
    }
    boolean set = value.equalsIgnoreCase("true");
    if (!set && !value.equalsIgnoreCase("false")) {
      throw wrong(
          line,
          "sets "
              + option.longestName().substring(2)
              + " to "
              + IoErrors.excerpt(value)
              + "; expected true or false, give one of them");
    }
    String no = option.longestName().replaceFirst("--", "--no-");
    return set ? List.of(option.longestName()) : option.negatable() ? List.of(no) : List.of();
  }

  /** Refuses values that are not of their option's type. */
  private void check() {
    List<String> all = entries.values().stream().flatMap(e -> e.args.stream()).toList();
    try {
      parse(all);
    } catch (ParameterException e) {
      // Which line it was, only the lines one by one tell.
      entries.forEach(
          (line, entry) -> {
            try {
              parse(entry.args);
            } catch (ParameterException one) {
              throw new UserError(at(line) + ": " + Suggestions.problem(one), one);
            }
          });
      throw new UserError(file + ": " + Suggestions.problem(e), e);
    }
  }

  private static void parse(List<String> args) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    TrainCommand.parsed(args, Path.of(""), nowhere, nowhere);
  }

  private UserError wrong(int line, String problem) {
    return new UserError(at(line) + " " + problem);
  }

  private String at(int line) {
    return file + ", line " + line;
  }

  /** The file that sets this. */
  static String text(List<ResolvedSettings.Setting> settings) {
    StringBuilder text =
        new StringBuilder("# The settings of a training: sakd train --config THIS-FILE\n");
    String group = "";
    for (ResolvedSettings.Setting s : settings) {
      if (!s.group().equals(group)) {
        group = s.group();
        text.append("\n# ").append(group).append('\n');
      }
      text.append(s.name()).append(": ");
      text.append(s.value() == null ? "null # sakd, and direct for comparison" : yaml(s.value()));
      text.append('\n');
    }
    return text.toString();
  }

  private static String yaml(Object value) {
    if (value instanceof List<?> list) {
      return "[" + String.join(", ", list.stream().map(ConfigFile::yaml).toList()) + "]";
    }
    if (!(value instanceof String s)) {
      return ResolvedSettings.text(value);
    }
    return PLAIN.matcher(s).matches() && !NO_TEXT.matcher(s).matches() ? s : Json.format(s);
  }
}
