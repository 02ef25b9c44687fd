package sakd.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import sakd.base.UserError;
import sakd.io.IoErrors;

/**
 * Keeps a run directory to one training at a time, by the system's lock on a file {@code .lock} in
 * it, which the system gives back when the process dies. The file stays: if it were deleted,
 * another process might hold the lock on the deleted one.
 */
final class RunLock implements AutoCloseable {
  private static final String FILE = ".lock";

  /**
   * The folders that this process has locked. To be asked first: where a process closes any channel
   * of a file, POSIX takes all its locks of that file away.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path folder;
  private final FileChannel channel;
  private final String problem;

  private RunLock(Path folder, FileChannel channel, String problem) {
    this.folder = folder;
    this.channel = channel;
    this.problem = problem;
  }

  /**
   * Locks a folder.
   *
   * @throws UserError if another training has locked it, or it cannot be written to
   */
  static RunLock of(Path folder) {
    Path real;
    try {
      real = folder.toRealPath();
    } catch (IOException e) {
      throw IoErrors.unreadable(folder, "a run directory", e);
    }
    if (!HELD.add(real)) {
      throw inUse(folder);
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(real.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      String problem = null;
      try {
        if (channel.tryLock() == null) {
          throw inUse(folder);
        }
      } catch (OverlappingFileLockException e) {
        throw inUse(folder); // By a copy of this class that another class loader has.
      } catch (IOException e) {
        problem = IoErrors.reason(e);
      }
      locked = true;
      return new RunLock(real, channel, problem);
    } catch (IOException e) {
      throw new UserError(
          "cannot write to "
              + folder
              + " ("
              + IoErrors.reason(e)
              + "); expected a writable run directory, check its permissions",
          e);
    } finally {
      if (!locked) {
        close(real, channel);
      }
    }
  }

  private static UserError inUse(Path folder) {
    return new UserError(
        folder
            + " is being trained by another process; expected one at a time, wait for it, stop it,"
            + " or give another --output-dir");
  }

  /** Why the file system gave no lock, as some network file systems do not. */
  Optional<String> problem() {
    return Optional.ofNullable(problem);
  }

  @Override
  public void close() {
    close(folder, channel);
  }

  private static void close(Path folder, FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // The lock goes with the process at the latest.
    } finally {
      HELD.remove(folder);
    }
  }
}
