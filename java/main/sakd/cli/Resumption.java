package sakd.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import sakd.base.UserError;
import sakd.run.RunArguments;

/**
 * What {@code --resume} goes on with: the arguments the run was started with, but for numbers of
 * epochs and patience that were given anew.
 *
 * @param args to be written down: the run goes on by them from now on
 * @param from the folder that relative paths are from; empty for the current one
 * @param command with the values of {@code args}
 */
record Resumption(List<String> args, Path from, TrainCommand command) {
  private static final String EPOCHS = "--epochs";
  private static final String TEACHER_EPOCHS = "--teacher-epochs";
  private static final String PATIENCE = "--patience";
  private static final List<String> ALLOWED =
      List.of(
          TrainCommand.RESUME,
          TrainCommand.QUIET,
          Main.VERBOSE,
          RankOptions.DEVICES,
          RankOptions.TIMEOUT,
          EPOCHS,
          TEACHER_EPOCHS,
          PATIENCE);

  /**
   * Reads the arguments of a run.
   *
   * @param given the command line with {@code --resume}, as it was parsed
   * @throws UserError if the folder is no run directory, its arguments make no sense, or options
   *     are given that a run cannot change
   */
  static Resumption of(Path run, CommandLine given) {
    ParseResult parsed = given.getParseResult();
    boolean alone =
        parsed.matchedOptions().stream().allMatch(o -> ALLOWED.contains(o.longestName()));
    if (!alone) {
      throw new UserError(
          TrainCommand.RESUME
              + " goes on with the settings in "
              + run
              + "/args.txt; expected no other option beside it but "
              + String.join(", ", EPOCHS, TEACHER_EPOCHS)
              + " and "
              + PATIENCE
              + ", leave them out");
    }
    List<String> args = RunArguments.of(run);
    // Relative paths are from where the run was started, as long as that is there.
    Optional<Path> start = RunArguments.startedIn(run);
    Path from = start.filter(Files::isDirectory).orElse(Path.of(""));
    TrainCommand before = parsed(run, args, from, given);
    if (start.isPresent() && !start.get().equals(from) && !before.relativePaths().isEmpty()) {
      given
          .getErr()
          .println(
              "note: the run was started in "
                  + start.get()
                  + ", which is not there any more; "
                  + before.relativePaths().get(0)
                  + " is looked for in the current folder");
    }
    List<String> changed = args;
    Integer epochs = parsed.matchedOptionValue(EPOCHS, null);
    Integer teacherEpochs = parsed.matchedOptionValue(TEACHER_EPOCHS, null);
    if (epochs != null) {
      changed = with(EPOCHS, epochs, changed);
      if (teacherEpochs == null) {
        // By default they are as many, but a student is to keep its teacher.
        teacherEpochs = before.teacherEpochs().orElse(null);
      }
    }
    if (teacherEpochs != null) {
      changed = with(TEACHER_EPOCHS, teacherEpochs, changed);
    }
    Integer patience = parsed.matchedOptionValue(PATIENCE, null);
    if (patience != null) {
      changed = with(PATIENCE, patience, changed);
    }
    return new Resumption(
        changed, from, changed.equals(args) ? before : parsed(run, changed, from, given));
  }

  private static TrainCommand parsed(Path run, List<String> args, Path from, CommandLine given) {
    try {
      return TrainCommand.parsed(args, from, given.getOut(), given.getErr());
    } catch (ParameterException e) {
      throw new UserError(
          "cannot go on with "
              + run
              + "/args.txt: "
              + Suggestions.problem(e)
              + "; expected the options the run was started with, restore the file",
          e);
    }
  }

  /** The arguments with another value of an option. */
  private static List<String> with(String option, int value, List<String> args) {
    List<String> changed = Arguments.without(option, args);
    changed.addAll(List.of(option, Integer.toString(value)));
    return changed;
  }
}
