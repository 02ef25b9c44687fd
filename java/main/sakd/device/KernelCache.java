package sakd.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import sakd.io.UserError;

/**
 * The folder where compiled kernels are kept: {@code $XDG_CACHE_HOME/sakd} or {@code
 * ~/.cache/sakd}.
 */
public final class KernelCache {
  private KernelCache() {}

  /** The folder, there or not. */
  static Path path() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache != null && !cache.isBlank()
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("sakd");
  }

  /**
   * The folder, made if it is not there.
   *
   * @throws UserError if it cannot be made
   */
  public static Path directory() {
    Path folder = path();
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UserError(
          "cannot make the folder "
              + folder
              + " for compiled kernels ("
              + e.getMessage()
              + "); name another with XDG_CACHE_HOME",
          e);
    }
  }
}
