package sakd.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Which SAKD this is. */
public final class Version {
  private static final String TEXT = read();

  private Version() {}

  /**
   * The version and, if it was built from a git repository, the commit, as Maven wrote them down:
   * {@code 0.1.0 (c829eff7a7b3)}, or {@code 0.1.0 (c829eff7a7b3-dirty)} if files differed from it.
   */
  public static String text() {
    return TEXT;
  }

  private static String read() {
    Properties built = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("/sakd-version.properties")) {
      if (in != null) {
        built.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String commit = built.getProperty("commit", "");
    return built.getProperty("version", "(built without Maven)")
        + (commit.isEmpty() ? "" : " (" + commit + ")");
  }
}
