package sakd.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.io.EditDistance;
import sakd.io.IoErrors;
import sakd.io.UserError;

/**
 * Arguments from files: {@code @NAME} stands for those in the file NAME or else in the bundled
 * recipe of that name. A line that starts with # is a comment, quotes keep words together, and a
 * file may name others with @. An option of a recipe gives way to the same option after it, so that
 * {@code @recipe --epochs 1} is the recipe for one epoch.
 */
final class Recipes {
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");

  private Recipes() {}

  /** An option with its values, or one argument; {@code replaceable} if it is from a recipe. */
  private record Group(List<String> words, boolean replaceable) {
    String option() {
      String first = words.get(0);
      return first.startsWith("--") ? first.split("=", 2)[0] : null;
    }
  }

  /**
   * The arguments with all recipes spelt out.
   *
   * @throws UserError if there is no such recipe or it cannot be read
   */
  static List<String> expand(List<String> args) {
    if (args.stream().noneMatch(a -> a.startsWith("@"))) {
      return args;
    }
    List<Group> groups = new ArrayList<>();
    group(args, false, Set.of(), groups);
    List<String> expanded = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      Group g = groups.get(i);
      String option = g.option();
      boolean replaced =
          g.replaceable
              && option != null
              && groups.subList(i + 1, groups.size()).stream()
                  .anyMatch(later -> option.equals(later.option()));
      if (!replaced) {
        expanded.addAll(g.words);
      }
    }
    return expanded;
  }

  private static void group(
      List<String> args, boolean recipe, Set<String> within, List<Group> groups) {
    List<String> words = null;
    for (String arg : args) {
      if (arg.startsWith("@") && arg.length() > 1) {
        String name = arg.substring(1);
        if (within.contains(name)) {
          throw new UserError(
              "recipe " + name + " names itself; expected other recipes after @, take it out");
        }
        Set<String> inside = new HashSet<>(within);
        inside.add(name);
        group(words(read(name)), true, inside, groups);
        words = null;
      } else if (arg.startsWith("--") || words == null) {
        words = new ArrayList<>(List.of(arg));
        groups.add(new Group(words, recipe));
      } else {
        words.add(arg);
      }
    }
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String line : text.split("\\R", -1)) {
      if (line.strip().startsWith("#")) {
        continue;
      }
      Matcher word = WORD.matcher(line);
      while (word.find()) {
        words.add(
            word.group(1) != null
                ? word.group(1)
                : word.group(2) != null ? word.group(2) : word.group(3));
      }
    }
    return words;
  }

  private static String read(String name) {
    Path file = Path.of(name);
    if (Files.isRegularFile(file)) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        throw IoErrors.unreadable(file, "arguments, an option a line", e);
      }
    }
    if (names().contains(name)) {
      return resource(name + ".args");
    }
    throw new UserError(
        "cannot read @"
            + name
            + "; expected a file with arguments or one of the recipes that the command recipes"
            + " lists, did you mean @"
            + EditDistance.nearest(name, names())
            + "?");
  }

  /** The names of the bundled recipes, sorted. */
  static List<String> names() {
    return resource("index").lines().toList();
  }

  /** What a bundled recipe is, from its first line. */
  static String title(String name) {
    return resource(name + ".args").lines().findFirst().orElse("").replaceFirst("^# *", "");
  }

  /** A file of the bundled recipes' folder. */
  static String resource(String file) {
    try (InputStream in = Recipes.class.getResourceAsStream("/recipes/" + file)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks the resource recipes/" + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read recipes/" + file, e);
    }
  }
}
