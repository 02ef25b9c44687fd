package sakd.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The published figure of a recipe.
 *
 * @param top1 accuracy of the first guess, in per cent
 * @param source {@code paper}, or {@code code} for the repository of its authors
 */
record Published(double top1, String source) {
  /** Where the figures are from, for below a table of them. */
  static final String SOURCES =
      "published: top-1 % as in the paper (Qiu et al., Neural Networks 178:106475, 2024) or the"
          + " code of its authors; - where no figure is known";

  private static final Map<String, Published> BY_RECIPE = read();

  private static Map<String, Published> read() {
    return Recipes.resource("published.csv")
        .lines()
        .skip(1)
        .map(row -> row.split(",", -1))
        .collect(
            Collectors.toUnmodifiableMap(
                cells -> cells[0], cells -> new Published(Double.parseDouble(cells[1]), cells[2])));
  }

  /** The figure of a bundled recipe, if one is known. */
  static Optional<Published> of(String recipe) {
    return Optional.ofNullable(BY_RECIPE.get(recipe));
  }

  /** The figure and where it is from. */
  String sentence() {
    String from =
        source.equals("paper")
            ? "the paper (Qiu et al., Neural Networks 178:106475, 2024)"
            : "the code of the paper's authors (Qiu et al. 2024)";
    return String.format(Locale.ROOT, "%.2f %% top-1, from %s", top1, from);
  }

  /** The figure for a table; {@code -} if none is known. */
  static String cell(String recipe) {
    return of(recipe).map(p -> String.format(Locale.ROOT, "%.2f", p.top1)).orElse("-");
  }
}
