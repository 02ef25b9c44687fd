package sakd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import sakd.base.UserError;

/** {@code recipes}: the bundled settings by name. */
@Command(
    name = "recipes",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the bundled recipes: settings of published experiments.",
      "train @NAME runs one; options after it win."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd recipes",
      "sakd recipes cifar10-resnet18",
      "sakd train @cifar10-resnet18-sakd --data-path cifar-10-batches-bin --epochs 1"
    })
final class RecipesCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "PREFIX",
      defaultValue = "",
      description = "Only those whose name starts so, such as cifar10-resnet18.")
  private String prefix;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    var names = Recipes.names().stream().filter(n -> n.startsWith(prefix)).toList();
    if (names.isEmpty()) {
      throw new UserError(
          "no recipe starts with '" + prefix + "'; expected one of those that recipes lists");
    }
    names.forEach(name -> out.printf("%-34s %s%n", name, Recipes.title(name)));
    return 0;
  }
}
