package sakd.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserFoldersTest {
  @TempDir Path home;

  private Optional<Path> cache(Map<String, String> environment, String javaHome) {
    return UserFolders.cache(environment::get, javaHome);
  }

  @Test
  void theCacheIsWhereTheEnvironmentSaysElseInTheHomeFolder() {
    Path named = home.resolve("named");
    Path other = home.resolve("other");
    assertEquals(
        Optional.of(named),
        cache(Map.of("XDG_CACHE_HOME", named.toString(), "HOME", other.toString()), "/root"));
    assertEquals(
        Optional.of(other.resolve(".cache")), cache(Map.of("HOME", other.toString()), "?"));
    assertEquals(Optional.of(home.resolve(".cache")), cache(Map.of(), home.toString()));
  }

  /** The standard for these variables has relative ones ignored. */
  @Test
  void namesThatAreNoFoldersArePassedOver() {
    assertEquals(
        Optional.of(home.resolve(".cache")),
        cache(Map.of("XDG_CACHE_HOME", "cache", "HOME", ""), home.toString()));
    assertEquals(Optional.empty(), cache(Map.of("HOME", "~"), "?"));
    assertEquals(Optional.empty(), cache(Map.of(), home.resolve("gone").toString()));
    assertFalse(UserFolders.temporary().isEmpty());
  }
}
