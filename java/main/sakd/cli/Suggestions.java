package sakd.cli;

import java.util.Collection;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;
import sakd.base.EditDistance;
import sakd.io.Printable;

/** Turns what picocli says of a mistyped command line into one line with the nearest word. */
final class Suggestions {
  private Suggestions() {}

  static String of(ParameterException e) {
    CommandLine command = e.getCommandLine();
    return problem(e) + " (see " + command.getCommandSpec().qualifiedName() + " --help)";
  }

  /** The problem alone, on one line. */
  static String problem(ParameterException e) {
    return oneLine(describe(e, e.getCommandLine()));
  }

  private static String describe(ParameterException e, CommandLine command) {
    if (e.getCause() instanceof TypeConversionException cause
        && e.getArgSpec() instanceof OptionSpec option) {
      return option.longestName() + " is " + e.getValue() + "; " + cause.getMessage();
    }
    if (e instanceof UnmatchedArgumentException u && !u.getUnmatched().isEmpty()) {
      return unknown(u.getUnmatched().get(0), command);
    }
    // A mistyped flag is the likely reason why one is missing.
    List<String> unmatched = command.getUnmatchedArguments();
    if (e instanceof MissingParameterException missing) {
      return unmatched.isEmpty() ? missing(missing) : unknown(unmatched.get(0), command);
    }
    return e.getMessage();
  }

  private static String missing(MissingParameterException e) {
    if (!e.getMissing().isEmpty() && e.getMissing().get(0) instanceof OptionSpec option) {
      String name = option.longestName();
      return name + " needs a value; expected " + name + " " + option.paramLabel() + ", give one";
    }
    return e.getMessage();
  }

  private static String unknown(String argument, CommandLine command) {
    if (argument.startsWith("-")) {
      String flag = argument.split("=", 2)[0];
      List<String> flags =
          command.getCommandSpec().optionsMap().keySet().stream()
              .filter(name -> name.startsWith("--"))
              .toList();
      return "unknown option " + flag + "; did you mean " + EditDistance.nearest(flag, flags) + "?";
    }
    Collection<String> commands = command.getSubcommands().keySet();
    return commands.isEmpty()
        ? "unexpected argument '"
            + argument
            + "'; expected options that start with --, leave it out"
        : "unknown command '"
            + argument
            + "'; expected one of "
            + String.join(", ", commands)
            + ", did you mean "
            + EditDistance.nearest(argument, commands)
            + "?";
  }

  /** A message on one line, whatever the file name or argument that it quotes. */
  static String oneLine(String message) {
    return Printable.text(message.replaceAll("\\s*\\R\\s*", " "));
  }
}
