package sakd.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import sakd.base.UserError;
import sakd.base.Version;
import sakd.data.Dataset;
import sakd.distill.Pipeline;
import sakd.io.FileNames;
import sakd.io.Printable;
import sakd.io.UserFolders;
import sakd.model.NetworkSpec;
import sakd.train.Listener;

/** The command line: parses, runs, and turns mistakes into one line and an exit code. */
@Command(
    name = "sakd",
    description = "Trains spiking neural networks by self-architectural knowledge distillation.",
    mixinStandardHelpOptions = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd train",
      "sakd devices",
      "sakd train --help",
      "",
      "In a clone, make sakd leaves it as target/sakd;",
      "mvn exec:java -Dexec.args=\"COMMAND ...\" does without."
    },
    subcommands = {
      TrainCommand.class,
      ReproduceCommand.class,
      SweepCommand.class,
      RecipesCommand.class,
      EvalCommand.class,
      PredictCommand.class,
      ExportCommand.class,
      ReportCommand.class,
      ModelsCommand.class,
      DataCommand.class,
      DevicesCommand.class,
      BenchCommand.class,
      CompletionCommand.class
    })
public final class Main implements Runnable {
  /** Above the examples at the end of each command's help. */
  static final String EXAMPLES = "%nExamples:%n";

  static final String VERBOSE = "--verbose";

  @CommandLine.Option(
      names = VERBOSE,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Print a stack trace with every error.")
  private boolean verbose;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private boolean onTerminal;
  private Ranks ranks = Ranks.NONE;

  /** Whether somebody looks at the status while it is printed. */
  boolean onTerminal() {
    return onTerminal;
  }

  /** The processes that train with this one. */
  Ranks ranks() {
    return ranks;
  }

  /** A line for commands that this one runs, which print where and as it does. */
  CommandLine within(PrintWriter out, PrintWriter err) {
    Main inner = new Main();
    inner.onTerminal = onTerminal;
    inner.verbose = verbose;
    return commandLine(inner).setOut(out).setErr(err);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** Runs a command; 0, or 2 for the user's mistake, or 1 for ours. */
  static int execute(PrintStream out, PrintStream err, String... args) {
    Main main = new Main();
    main.onTerminal = err.equals(System.err) && StatusTerminal.isShown();
    PrintWriter errors = printable(new PrintWriter(err, true, StandardCharsets.UTF_8));
    CommandLine line = commandLine(main);
    try {
      main.ranks = Ranks.of(List.of(args), System.getenv(), errors);
    } catch (UserError e) {
      return Faults.report(e, false, errors);
    }
    line.setOut(main.ranks.out(new PrintWriter(out, true, StandardCharsets.UTF_8)));
    line.setErr(main.ranks.err(errors));
    return main.ranks.end(execute(line, List.of(args)));
  }

  /** Runs a command line in which {@code @name} stands for a recipe. */
  static int execute(CommandLine line, List<String> args) {
    try {
      args.forEach(FileNames::requireSpelt);
      return line.execute(Recipes.expand(args).toArray(String[]::new));
    } catch (UserError | VirtualMachineError | LinkageError e) {
      return Faults.report(e, isVerbose(line), line.getErr());
    }
  }

  private static boolean isVerbose(CommandLine line) {
    return line.getCommand() instanceof Main main && main.verbose;
  }

  private static PrintWriter printable(PrintWriter out) {
    return new PrintWriter(Printable.to(out), true);
  }

  /**
   * Trains for a program as the command train would: in a new run directory, or going on with the
   * run that the folder holds.
   *
   * @param args options of train and recipes, without --output-dir and --resume
   * @param folder the run directory
   * @param trainSet the training images, or null for those that the options name
   * @param testSet the test images, or null for those that the options name
   * @param network the program's own that --model names, or null
   * @param out gets the lines that train prints, status and results
   * @param listener hears how training goes
   * @return the rows of the final table
   * @throws UserError if an option or a file is wrong, or the folder holds a run of other options
   */
  public static List<Pipeline.Row> train(
      List<String> args,
      Path folder,
      Dataset trainSet,
      Dataset testSet,
      NetworkSpec network,
      PrintWriter out,
      Listener listener) {
    return TrainCommand.train(
        Recipes.expand(args), folder, trainSet, testSet, network, out, listener);
  }

  static CommandLine commandLine(Main main) {
    CommandLine line = new CommandLine(main);
    Values.register(line);
    tellVersion(line);
    OptionGroups.head(line.getSubcommands().get("train"));
    // Recipes are spelt out before, in one way for files and the bundled ones.
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler(
        (e, args) -> {
          e.getCommandLine().getErr().println("error: " + Suggestions.of(e));
          return 2;
        });
    line.setExecutionStrategy(parsed -> run(parsed, line));
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> Faults.report(e, main.verbose, command.getErr()));
    return line;
  }

  /** Every command has --version. */
  private static void tellVersion(CommandLine line) {
    line.getCommandSpec().version("sakd " + Version.text());
    line.getSubcommands().values().forEach(Main::tellVersion);
  }

  /** Help has colours on a terminal; what else is printed may hold names from anywhere. */
  private static int run(CommandLine.ParseResult parsed, CommandLine line) {
    CommandLine.ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    if (command.commandSpec().userObject() instanceof Callable) {
      Integer help = CommandLine.executeHelpRequest(parsed);
      if (help != null) {
        return help;
      }
      line.setOut(printable(line.getOut()));
      UserFolders.settle();
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  public static void main(String[] args) {
    // Pictures are drawn, but nothing is shown: a display that cannot be reached does not matter.
    System.setProperty("java.awt.headless", "true");
    int code = execute(System.out, System.err, args);
    if (code != 0) {
      System.exit(code);
    }
  }
}
