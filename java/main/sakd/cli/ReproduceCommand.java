package sakd.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;
import sakd.base.UserError;
import sakd.distill.Pipeline;
import sakd.infer.Score;
import sakd.run.RunArguments;
import sakd.run.Summary;
import sakd.train.Trainer;

/** {@code reproduce}: a table of the paper, row by row, beside what was published. */
@Command(
    name = "reproduce",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs every recipe whose name starts with a PREFIX and prints their accuracies beside the "
          + "published ones. The ANN is trained first and teaches the others.",
      "Run again, it goes on where it stopped. All other options go to train."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {"sakd reproduce cifar10-resnet18 --data-path cifar-10-batches-bin --epochs 30"})
final class ReproduceCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "1",
      paramLabel = "PREFIX[,PREFIX...]",
      hideParamSyntax = true,
      split = ",",
      description = "cifar10, cifar100-resnet19, imagenet-resnet34 ...: see the command recipes.")
  private List<String> prefixes;

  @Option(
      names = "--output-dir",
      paramLabel = "DIR",
      defaultValue = "runs/reproduce",
      description = "Where each recipe gets its run directory (default: ${DEFAULT-VALUE}).")
  private Path outputDir;

  @Unmatched private final List<String> others = new ArrayList<>();

  @Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    // The ANN of a network comes before the students that it teaches.
    List<String> names =
        Recipes.names().stream()
            .filter(n -> n.contains("-") && prefixes.stream().anyMatch(n::startsWith))
            .sorted(Comparator.comparing((String n) -> !n.endsWith("-ann")))
            .toList();
    if (names.isEmpty()) {
      throw new UserError(
          "no recipe starts with '"
              + String.join(",", prefixes)
              + "'; expected the beginning of one of those that the command recipes lists");
    }
    PrintWriter out = spec.commandLine().getOut();
    for (String name : names) {
      out.println("== " + name + ": " + Recipes.title(name));
      int code = train(name);
      if (code != 0) {
        return code;
      }
    }
    table(names, out);
    return 0;
  }

  private int train(String name) {
    Path folder = outputDir.resolve(name);
    List<String> args = new ArrayList<>(List.of("train"));
    if (RunArguments.areIn(folder)) {
      args.addAll(List.of("--resume", folder.toString()));
    } else {
      args.add("@" + name);
      Path teacher = outputDir.resolve(ann(name)).resolve(Trainer.BEST);
      if (!name.endsWith("-ann") && !name.contains("-direct") && Files.exists(teacher)) {
        args.addAll(List.of("--teacher", teacher.toString()));
      }
      args.addAll(others);
      args.addAll(List.of("--output-dir", folder.toString()));
    }
    CommandLine line = Main.commandLine(new Main());
    line.setOut(spec.commandLine().getOut());
    line.setErr(spec.commandLine().getErr());
    return Main.execute(line, args);
  }

  /** cifar10-resnet18-sakd-t2 is taught by cifar10-resnet18-ann. */
  private static String ann(String name) {
    return name.replaceFirst("-[a-z]+(-t\\d+)?$", "-ann");
  }

  private void table(List<String> names, PrintWriter out) {
    Map<String, String> published = published();
    out.println();
    Score headline = new Summary(outputDir.resolve(names.get(0))).task().scores().get(0);
    out.printf(
        "%-34s %8s %8s %10s %9s%n", "recipe", headline.label(), "best", "published", "seconds");
    for (String name : names) {
      Summary run = new Summary(outputDir.resolve(name));
      String phase = phase(name);
      out.printf(
          Locale.ROOT,
          "%-34s %8.2f %8.2f %10s %9.1f%n",
          name,
          100 * run.last(phase),
          100 * run.best(phase),
          published.getOrDefault(name, "-"),
          run.seconds(phase));
    }
    out.println(
        "published: Qiu et al. 2024 and the code of its authors; - where no figure is known");
    out.flush();
  }

  /** As summary.csv names what is trained. */
  private static String phase(String name) {
    String method = name.replaceFirst("-t\\d+$", "").replaceFirst(".*-", "");
    return method.equals("ann") ? Pipeline.TEACHER : method;
  }

  private static Map<String, String> published() {
    Map<String, String> top1 = new TreeMap<>();
    Recipes.resource("published.csv")
        .lines()
        .skip(1)
        .map(row -> row.split(",", -1))
        .forEach(cells -> top1.put(cells[0], cells[1]));
    return top1;
  }
}
