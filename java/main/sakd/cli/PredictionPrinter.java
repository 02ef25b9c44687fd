package sakd.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import sakd.base.Numbers;
import sakd.infer.ClassShares;
import sakd.infer.Detection;

/** Predictions for people: a line an image, and indented ones for its steps or objects. */
record PredictionPrinter(PrintWriter out, IntFunction<String> names) implements PredictionWriter {
  @Override
  public void classes(
      String image, List<ClassShares.Share> likeliest, List<List<ClassShares.Share>> steps) {
    say(image + "  " + shares(likeliest));
    for (int t = 1; t <= steps.size(); t++) {
      say("  step " + t + "  " + shares(steps.get(t - 1)));
    }
  }

  @Override
  public void pixels(String image, List<ClassShares.Share> classes) {
    say(image + "  " + shares(classes));
  }

  /** Class, score and box in pixels of each. */
  @Override
  public void objects(String image, List<Detection> found) {
    say(image + "  " + (found.isEmpty() ? "nothing" : Numbers.count(found.size(), "object")));
    for (Detection d : found) {
      say(
          String.format(
              Locale.ROOT,
              "  %-20s %.3f  %.1f %.1f %.1f %.1f",
              names.apply(d.label()),
              d.score(),
              d.left(),
              d.top(),
              d.right(),
              d.bottom()));
    }
  }

  /** A note on stderr has told it. */
  @Override
  public void unreadable(String image, String why) {}

  private String shares(List<ClassShares.Share> shares) {
    return shares.stream()
        .map(s -> String.format(Locale.ROOT, "%s %.2f %%", names.apply(s.label()), 100 * s.share()))
        .collect(Collectors.joining(", "));
  }

  private void say(String line) {
    out.println(Suggestions.oneLine(line));
  }
}
