package sakd.cli;

import java.io.Console;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import sakd.io.UserError;

/** The command line: parses, runs, and turns mistakes into one line and an exit code. */
@Command(
    name = "sakd",
    description = "Trains spiking neural networks by self-architectural knowledge distillation.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      TrainCommand.class,
      ReproduceCommand.class,
      RecipesCommand.class,
      EvalCommand.class,
      PredictCommand.class,
      ExportCommand.class,
      ReportCommand.class,
      ModelsCommand.class,
      DataCommand.class,
      DevicesCommand.class,
      BenchCommand.class
    })
public final class Main implements Runnable {
  static final String VERBOSE = "--verbose";

  @CommandLine.Option(
      names = VERBOSE,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Print a stack trace with every error.")
  private boolean verbose;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private boolean onTerminal;

  /** Whether somebody looks at what is printed while it is printed. */
  boolean onTerminal() {
    return onTerminal;
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"sakd " + (version == null ? "(built from source)" : version)};
    }
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Runs a command; 0, or 2 for the user's mistake, or 1 for ours. */
  static int execute(PrintStream out, PrintStream err, String... args) {
    Main main = new Main();
    main.onTerminal = out.equals(System.out) && isTerminal(System.console());
    CommandLine line = commandLine(main);
    line.setOut(new java.io.PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new java.io.PrintWriter(err, true, StandardCharsets.UTF_8));
    return execute(line, List.of(args));
  }

  /** Runs a command line in which {@code @name} stands for a recipe. */
  static int execute(CommandLine line, List<String> args) {
    try {
      return line.execute(Recipes.expand(args).toArray(String[]::new));
    } catch (UserError e) {
      line.getErr().println("error: " + Suggestions.oneLine(e.getMessage()));
      return 2;
    }
  }

  static CommandLine commandLine(Main main) {
    CommandLine line = new CommandLine(main);
    Values.register(line);
    // Recipes are spelt out before, in one way for files and the bundled ones.
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler(
        (e, args) -> {
          e.getCommandLine().getErr().println("error: " + Suggestions.of(e));
          return 2;
        });
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          boolean users = e instanceof UserError;
          command
              .getErr()
              .println("error: " + Suggestions.oneLine(users ? e.getMessage() : e.toString()));
          if (main.verbose || !users) {
            e.printStackTrace(command.getErr());
          }
          return users ? 2 : 1;
        });
    return line;
  }

  private static boolean isTerminal(Console console) {
    if (console == null) {
      return false;
    }
    try {
      // From Java 22 on there may be a console without a terminal, which says so.
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  public static void main(String[] args) {
    int code = execute(System.out, System.err, args);
    if (code != 0) {
      System.exit(code);
    }
  }
}
