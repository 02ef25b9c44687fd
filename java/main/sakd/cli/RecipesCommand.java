package sakd.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sakd.distill.Method;

/** {@code recipes}: the bundled settings by name. */
@Command(
    name = "recipes",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the bundled recipes, which are settings of published experiments, beside the published"
          + " accuracies. Of a single one it says all settings.",
      "train @NAME runs one; options after it win."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd recipes",
      "sakd recipes cifar10-resnet18",
      "sakd recipes cifar10-resnet18-sakd",
      "sakd train @cifar10-resnet18-sakd --data-path cifar-10-batches-bin --epochs 1"
    })
final class RecipesCommand implements Callable<Integer> {
  private static final int WIDTH = 96;

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      defaultValue = "",
      description = "One recipe, or the beginning of several names, such as cifar10-resnet18.")
  private String name;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    boolean shared = Recipes.names().contains(name) && !Recipes.isExperiment(name);
    List<String> found =
        shared
            ? Recipes.experiments("").stream().filter(n -> Recipes.base(n).equals(name)).toList()
            : Recipes.experiments(name);
    if (found.equals(List.of(name))) {
      detail(name, out);
    } else {
      found.stream()
          .collect(Collectors.groupingBy(Recipes::base, LinkedHashMap::new, Collectors.toList()))
          .forEach((base, names) -> table(base, names, out));
      out.println(Published.SOURCES);
    }
    out.flush();
    return 0;
  }

  /** Settings once, and below them what the recipes differ in. */
  private static void table(String base, List<String> names, PrintWriter out) {
    int width = names.stream().mapToInt(String::length).max().orElseThrow();
    int network =
        names.stream().mapToInt(n -> settings(n).get("--model").length()).max().orElseThrow();
    out.println("@" + base + ": " + Recipes.title(base));
    wrapped(settings(base)).forEach(line -> out.println("  " + line));
    String row = "  %-" + width + "s  %-" + network + "s  %-8s  %1s  %9s%n";
    out.printf(row, "recipe", "network", "method", "T", "published");
    for (String name : names) {
      Map<String, String> own = settings(name);
      String method = own.get("--method");
      out.printf(
          row,
          name,
          own.get("--model"),
          method,
          method.equals("ann") ? "-" : own.get("--T"),
          Published.cell(name));
    }
    out.println();
  }

  private static void detail(String name, PrintWriter out) {
    out.println(name + ": " + Recipes.title(name));
    line(
        "published", Published.of(name).map(Published::sentence).orElse("no figure is known"), out);
    Method method = Method.valueOf(settings(name).get("--method").toUpperCase(Locale.ROOT));
    if (method.needsTeacher()) {
      String ann = Reproduction.ann(name);
      line("teacher", ann + ", which reproduce trains first; --teacher takes another one", out);
    }
    String base = Recipes.base(name);
    List<String> source = Recipes.comments(base);
    for (int i = 0; i < source.size(); i++) {
      line(i == 0 ? "source" : "", source.get(i), out);
    }
    List<String> lines = new ArrayList<>();
    settings(name).forEach((option, value) -> lines.add((option + " " + value).strip()));
    for (int i = 0; i < lines.size(); i++) {
      line(i == 0 ? "settings" : "", lines.get(i), out);
    }
    line("run it", "sakd train @" + name + " --data-path DIR", out);
    line("", "sakd reproduce " + name + " --data-path DIR", out);
  }

  private static void line(String what, String text, PrintWriter out) {
    out.printf("  %-9s  %s%n", what, text);
  }

  /** The options of a recipe, spelt out. */
  private static Map<String, String> settings(String recipe) {
    Map<String, String> settings = new LinkedHashMap<>();
    String option = null;
    for (String word : Recipes.expand(List.of("@" + recipe))) {
      if (word.startsWith("--")) {
        option = word;
        settings.put(option, "");
      } else {
        settings.merge(option, word, (before, value) -> (before + " " + value).strip());
      }
    }
    return settings;
  }

  private static List<String> wrapped(Map<String, String> settings) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    settings.forEach(
        (option, value) -> {
          String words = (option + " " + value).strip();
          if (!line.isEmpty() && line.length() + 1 + words.length() > WIDTH) {
            lines.add(line.toString());
            line.setLength(0);
          }
          line.append(line.isEmpty() ? "" : " ").append(words);
        });
    lines.add(line.toString());
    return lines;
  }
}
