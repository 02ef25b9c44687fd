package sakd.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import sakd.base.UserError;
import sakd.io.IoErrors;
import sakd.io.UserFolders;

/** A folder for the files of one run of a compiler, gone when it is done or the process ends. */
public final class WorkFolder {
  /** Works in a folder of its own. */
  @FunctionalInterface
  public interface Work<T> {
    T in(Path folder) throws IOException;
  }

  private WorkFolder() {}

  /**
   * Does the work in the first folder for temporary files in which it succeeds.
   *
   * @throws IOException if it fails in all of them, with the reason of each
   */
  public static <T> T with(Work<T> work) throws IOException {
    return with(UserFolders.temporary(), work);
  }

  /**
   * As {@link #with(Work)}, of a compiler.
   *
   * @param kernel what it compiles
   * @throws UserError if there is no room for it in any folder
   */
  public static byte[] compiled(String kernel, Work<byte[]> work) {
    try {
      return with(work);
    } catch (IOException e) {
      throw new UserError(
          "cannot compile "
              + kernel
              + " ("
              + e.getMessage()
              + "); expected room for temporary files, free some space or name another folder with"
              + " TMPDIR",
          e);
    }
  }

  static <T> T with(Iterable<Path> places, Work<T> work) throws IOException {
    List<String> reasons = new ArrayList<>();
    for (Path place : places) {
      try {
        return inside(place, work);
      } catch (IOException e) {
        reasons.add(place + ": " + IoErrors.reason(e));
      }
    }
    throw new IOException(String.join("; ", reasons));
  }

  private static <T> T inside(Path place, Work<T> work) throws IOException {
    Path folder = Files.createTempDirectory(place, "sakd-");
    Thread atExit = new Thread(() -> delete(folder));
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      return work.in(folder);
    } finally {
      delete(folder);
      try {
        Runtime.getRuntime().removeShutdownHook(atExit);
      } catch (IllegalStateException e) {
        // The process is ending: the folder is gone already, and the hook finds nothing.
      }
    }
  }

  /** A file, or a folder with all that is in it; what cannot be deleted stays. */
  static void delete(Path path) {
    try (Stream<Path> inside = Files.walk(path)) {
      for (Path inner : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(inner);
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      // It lies where temporary files are cleaned up.
    }
  }
}
