package sakd.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what picocli says of a mistyped command line into one line with the nearest flag. */
final class Suggestions {
  private Suggestions() {}

  static String of(ParameterException e) {
    String message = e.getMessage().lines().findFirst().orElse("cannot read the command line");
    CommandLine command = e.getCommandLine();
    if (e instanceof UnmatchedArgumentException unmatched) {
      List<String> nearest = unmatched.getSuggestions();
      if (!nearest.isEmpty()) {
        message += "; did you mean " + nearest.get(0) + "?";
      }
    }
    return message + " (see " + command.getCommandSpec().qualifiedName() + " --help)";
  }
}
