package sakd.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Spec;
import sakd.ops.Backend;

/** {@code devices}: what there is to compute on, and what is missing. */
@Command(
    name = "devices",
    mixinStandardHelpOptions = true,
    description = "Lists the devices for --device, what is missing, and how to add it.",
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {"sakd devices"})
final class DevicesCommand implements Callable<Integer> {
  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    for (Backend.Found found : Backend.list()) {
      out.printf(
          "%-12s %-9s %s%n",
          found.name(), found.available() ? "available" : "missing", found.description());
      if (!found.remedy().isEmpty()) {
        out.printf("%-12s %-9s to add it: %s%n", "", "", found.remedy());
      }
    }
    out.flush();
    return 0;
  }
}
