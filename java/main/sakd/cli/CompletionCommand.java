package sakd.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;
import sakd.data.set.Datasets;
import sakd.model.NetworkSpec;
import sakd.model.Networks;

/** {@code completion}: what a shell needs to complete command lines. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a script with which bash and zsh complete commands, options and their values, and the "
          + "names of recipes after train @, sweep @, reproduce and recipes.",
      "It completes the command sakd, which has to be on the PATH."
    },
    footerHeading = Main.EXAMPLES,
    footer = {"source <(sakd completion)", "sakd completion > ~/.sakd-completion"})
final class CompletionCommand implements Runnable {
  /** Of options that take more than these names. */
  private static final Map<String, List<String>> NAMES =
      Map.of(
          "--device",
          List.of("auto", "cpu", "cuda", "opencl"),
          "--dataset",
          Datasets.names(),
          "--model",
          Networks.ALL.stream().map(NetworkSpec::name).toList(),
          "--teacher-model",
          Networks.ALL.stream().map(NetworkSpec::annName).distinct().toList());

  /** Recipes, which are no options. Bash breaks words at @ but replaces the whole of @name. */
  private static final String RECIPES =
      """

      # Completes the names of recipes, and leaves the rest to _complete_sakd.
      function _complete_sakd_recipes() {
        local line="${COMP_LINE:0:$COMP_POINT}"
        local typed="${line##*[[:space:]]}"
        local before="${line%%"$typed"}"
        local names="%s"
        if [[ "$typed" == @* && ( "$before" == *" train "* || "$before" == *" sweep "* ) ]]; then
          COMPREPLY=( $(compgen -P @ -W "$names" -- "${typed#@}") )
        elif [[ "$typed" != -* && ( "$before" == *" reproduce " || "$before" == *" recipes " ) ]]; then
          COMPREPLY=( $(compgen -W "$names" -- "$typed") )
        else
          _complete_sakd
        fi
      }
      complete -F _complete_sakd_recipes -o default sakd sakd.sh sakd.bash
      """;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    CommandLine all = Main.commandLine(new Main());
    nameValues(all);
    var out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("sakd", all));
    out.printf(RECIPES, String.join(" ", Recipes.names()));
    out.flush();
  }

  /** Values are completed as help writes them: choices in lower case, and names. */
  private static void nameValues(CommandLine command) {
    CommandSpec of = command.getCommandSpec();
    for (OptionSpec option : List.copyOf(of.options())) {
      List<String> values =
          option.type().isEnum()
              ? Arrays.stream(option.type().getEnumConstants())
                  .map(value -> value.toString().toLowerCase(Locale.ROOT))
                  .toList()
              : NAMES.get(option.longestName());
      if (values != null) {
        of.remove(option);
        // The script names a variable after the label, which several options share.
        of.addOption(
            OptionSpec.builder(option)
                .paramLabel(option.longestName().substring(2))
                .completionCandidates(values)
                .build());
      }
    }
    command.getSubcommands().values().forEach(CompletionCommand::nameValues);
  }
}
