package sakd.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.base.EditDistance;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * Arguments from files: {@code @NAME} stands for those in the file NAME or else in the bundled
 * recipe of that name. A line that starts with # is a comment, quotes keep words together, and a
 * file may name others with @. An option of a recipe gives way to the same option after it, so that
 * {@code @recipe --epochs 1} is the recipe for one epoch. Files are UTF-8, or UTF-16 with a mark
 * that says so, as some editors write them.
 */
final class Recipes {
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");

  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /** Far above any list of arguments. */
  private static final int MOST_BYTES = 1 << 16;

  /** How often recipes may name recipes, in one another and one after another. */
  private static final int MOST_RECIPES = 100;

  private static final char BYTE_ORDER_MARK = '\ufeff';

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
    group(args, List.of(), new int[1], groups);
    Deque<Group> kept = new ArrayDeque<>();
    Set<String> later = new HashSet<>();
    for (int i = groups.size() - 1; i >= 0; i--) {
      Group g = groups.get(i);
      boolean givenLater = g.option() != null && !later.add(g.option());
      if (!(g.replaceable && givenLater)) {
        kept.addFirst(g);
      }
    }
    return kept.stream().flatMap(g -> g.words.stream()).toList();
  }

  /**
   * Takes arguments and recipes apart.
   *
   * @param within the recipes that these arguments are in, each named by the one before it
   * @param read counts recipes
   */
  private static void group(
      List<String> args, List<String> within, int[] read, List<Group> groups) {
    List<String> words = null;
    for (String arg : args) {
      if (arg.startsWith("@") && arg.length() > 1) {
        String name = arg.substring(1);
        List<String> inside = new ArrayList<>(within);
        inside.add(name);
        if (within.stream().anyMatch(outer -> isSame(outer, name))) {
          throw new UserError(
              "recipe "
                  + name
                  + " includes itself: @"
                  + String.join(", which includes @", inside)
                  + "; expected no recipe twice, take one out");
        }
        if (++read[0] > MOST_RECIPES) {
          throw new UserError(
              "recipes refer to other recipes more than "
                  + MOST_RECIPES
                  + " times, last to @"
                  + name
                  + "; expected fewer, put their options into one file");
        }
        group(words(read(name)), inside, read, groups);
        words = null;
      } else if (arg.startsWith("--") || words == null) {
        words = new ArrayList<>(List.of(arg));
        groups.add(new Group(words, !within.isEmpty()));
      } else {
        words.add(arg);
      }
    }
  }

  /** Whether two names are of one recipe: a file may have several. */
  private static boolean isSame(String one, String other) {
    try {
      return one.equals(other) || Files.isSameFile(Path.of(one), Path.of(other));
    } catch (IOException | InvalidPathException e) {
      return false; // One is no file.
    }
  }

  private static boolean isFile(String name) {
    try {
      return Files.isRegularFile(Path.of(name));
    } catch (InvalidPathException e) {
      return false;
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
    if (isFile(name)) {
      Path file = Path.of(name);
      try {
        if (Files.size(file) > MOST_BYTES) {
          throw noText(file, "has " + Files.size(file) + " bytes");
        }
        return text(file, Files.readAllBytes(file));
      } catch (IOException e) {
        throw IoErrors.unreadable(file, "arguments, one option per line", e);
      }
    }
    if (names().contains(name)) {
      return resource(name + ".args");
    }
    throw new UserError(
        "cannot read @"
            + IoErrors.excerpt(name)
            + "; expected a file with arguments or one of the recipes that the command recipes"
            + " lists, did you mean @"
            + EditDistance.nearest(name, names())
            + "?");
  }

  private static String text(Path file, byte[] bytes) {
    int mark = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | (bytes[1] & 0xff);
    // The decoder of UTF-16 takes the order of the bytes from the mark.
    boolean wide = mark == BYTE_ORDER_MARK || mark == Character.reverseBytes(BYTE_ORDER_MARK);
    String text;
    try {
      text =
          (wide ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8)
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes))
              .toString();
    } catch (CharacterCodingException e) {
      throw noText(file, "is no text in UTF-8");
    }
    if (text.indexOf('\0') >= 0) {
      throw noText(file, "has zero bytes");
    }
    return !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  private static UserError noText(Path file, String problem) {
    return new UserError(
        "@"
            + file
            + " "
            + problem
            + "; expected a text file with arguments, one option per line, in UTF-8, or in "
            + "UTF-16 with a byte order mark, name such a file or save it as UTF-8");
  }

  /** The names of the bundled recipes, sorted. */
  static List<String> names() {
    return resource("index").lines().toList();
  }

  /**
   * The recipes of experiments that a name stands for: the one of exactly that name, else those
   * whose names go on after it with a hyphen, else those whose names begin so. So cifar10 is not
   * the beginning of cifar100.
   *
   * @return at least one, sorted, numbers in names by their value
   * @throws UserError if there is none
   */
  static List<String> experiments(String name) {
    List<String> all =
        names().stream()
            .filter(Recipes::isExperiment)
            .sorted(Comparator.comparing(Recipes::sortKey))
            .toList();
    for (Predicate<String> stands :
        List.<Predicate<String>>of(
            name::equals,
            n -> base(n).equals(name), // cifar10 is no beginning of cifar10-dvs.
            n -> n.startsWith(name + "-"),
            n -> n.startsWith(name))) {
      List<String> found = all.stream().filter(stands).toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    throw new UserError(
        "no recipe starts with '"
            + IoErrors.excerpt(name)
            + "'; expected one of those that the command recipes lists, did you mean "
            + EditDistance.nearest(name, all)
            + "?");
  }

  /** The name with its numbers in four digits. */
  private static String sortKey(String name) {
    return NUMBER
        .matcher(name)
        .replaceAll(n -> String.format(Locale.ROOT, "%04d", Integer.parseInt(n.group())));
  }

  /** Whether a bundled recipe is a row of a table; others are settings that such rows share. */
  static boolean isExperiment(String name) {
    return name.contains("-");
  }

  /** What a bundled recipe is, from its first line. */
  static String title(String name) {
    return comments(name).get(0);
  }

  /** The lines that a bundled recipe begins with: what it is, then where its settings are from. */
  static List<String> comments(String name) {
    return resource(name + ".args")
        .lines()
        .takeWhile(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^# *", ""))
        .toList();
  }

  /** The settings that a bundled recipe shares with others: the recipe that names no other. */
  static String base(String name) {
    return words(resource(name + ".args")).stream()
        .filter(word -> word.startsWith("@"))
        .findFirst()
        .map(word -> base(word.substring(1)))
        .orElse(name);
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
