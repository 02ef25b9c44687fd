package sakd.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The published figure of a recipe.
 *
 * @param top1 accuracy of the first guess, in per cent
 * @param source {@code paper}, {@code code} for the repository of its authors, or the number of
 *     another paper such as {@code arXiv 2510.07924}
 */
record Published(double top1, String source) {
  /** Where the figures are from, for below a table of them. */
  static final String SOURCES =
      "published: top-1 % as in the paper (Qiu et al., Neural Networks 178:106475, 2024) or the"
          + " code of its authors; of CIFAR10-DVS as in Strong2Weak (arXiv 2510.07924) for vgg9 and"
          + " TWSNN (arXiv 2501.15925) for twsnn; - where no figure is known";

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
        switch (source) {
          case "paper" -> "the paper (Qiu et al., Neural Networks 178:106475, 2024)";
          case "code" -> "the code of the paper's authors (Qiu et al. 2024)";
          default -> source;
        };
    return String.format(Locale.ROOT, "%.2f %% top-1, from %s", top1, from);
  }

  /** The figure for a table; {@code -} if none is known. */
  static String cell(String recipe) {
    return of(recipe).map(p -> String.format(Locale.ROOT, "%.2f", p.top1)).orElse("-");
  }
}
