package sakd.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import sakd.base.UserError;
import sakd.io.AtomicFile;

/**
 * By which arguments a run directory is trained: {@code args.txt} (the command line, an argument a
 * line), and {@code started-in.txt} (the folder that relative paths in it are from).
 */
public final class RunArguments {
  private static final String ARGS = "args.txt";
  private static final String STARTED_IN = "started-in.txt";

  private RunArguments() {}

  /** Whether a folder has some, and so is a run directory. */
  public static boolean areIn(Path folder) {
    return Files.exists(folder.resolve(ARGS));
  }

  /** Makes a folder a run directory, which is started in the current folder. */
  static void start(Path folder, List<String> args) {
    AtomicFile.writeText(folder.resolve(STARTED_IN), Path.of("").toAbsolutePath() + "\n");
    write(folder, args);
  }

  /** The files of a run directory. */
  static List<Path> files(Path folder) {
    return List.of(folder.resolve(ARGS), folder.resolve(STARTED_IN));
  }

  /**
   * The arguments a run was started with.
   *
   * @throws UserError if the folder is not a run directory
   */
  public static List<String> of(Path folder) {
    try {
      // A run without arguments has an empty line.
      return Files.readAllLines(folder.resolve(ARGS)).stream().filter(a -> !a.isEmpty()).toList();
    } catch (IOException e) {
      throw new UserError(
          folder
              + " is not a run directory (it has no readable "
              + ARGS
              + "); expected one that train wrote, check --resume",
          e);
    }
  }

  /** Writes down the arguments by which the run goes on from now on. */
  public static void write(Path folder, List<String> args) {
    AtomicFile.writeText(folder.resolve(ARGS), String.join("\n", args) + "\n");
  }

  /**
   * The folder in which a run was started, from which relative paths in its arguments are; empty if
   * that is the current folder, or the run is of a version that did not write it down.
   */
  public static Optional<Path> startedIn(Path folder) {
    try {
      Path start = Path.of(Files.readString(folder.resolve(STARTED_IN)).replaceFirst("\n$", ""));
      return start.equals(Path.of("").toAbsolutePath()) ? Optional.empty() : Optional.of(start);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | InvalidPathException e) {
      throw new UserError(
          "cannot read "
              + folder.resolve(STARTED_IN)
              + "; expected the folder that the run was started in, delete it if that is the"
              + " current one",
          e);
    }
  }
}
