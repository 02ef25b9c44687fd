package sakd.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The folders outside the user's data that a process needs: home, cache, temporary files. What the
 * environment names comes first, and what cannot be used is passed over.
 */
public final class UserFolders {
  private static final String HOME = "user.home";
  private static final String TEMPORARY = "java.io.tmpdir";
  private static final String JNA = "jna.tmpdir";
  private static final String JAVACPP = "org.bytedeco.javacpp.cachedir";

  /** More than the least that a full disk leaves to small files. */
  private static final byte[] PROBE = new byte[1 << 18];

  private static boolean settled;

  private UserFolders() {}

  /**
   * Where the compiled kernels and other things that can be made again belong: {@code
   * $XDG_CACHE_HOME}, else {@code .cache} in the home folder; empty if there is no home.
   */
  public static Optional<Path> cache() {
    return cache(System::getenv, System.getProperty(HOME));
  }

  static Optional<Path> cache(UnaryOperator<String> environment, String javaHome) {
    return absolute(environment.apply("XDG_CACHE_HOME"))
        .or(() -> home(environment, javaHome).map(home -> home.resolve(".cache")));
  }

  /** {@code $HOME}, else what Java read in the list of users, where it says "?" of a stranger. */
  private static Optional<Path> home(UnaryOperator<String> environment, String javaHome) {
    return absolute(environment.apply("HOME"))
        .or(() -> absolute(javaHome).filter(Files::isDirectory));
  }

  /** Folders for temporary files, the preferred one first; some may not be usable. */
  public static Set<Path> temporary() {
    Set<Path> folders = new LinkedHashSet<>();
    absolute(System.getenv("TMPDIR")).ifPresent(folders::add);
    absolute(System.getProperty(TEMPORARY)).ifPresent(folders::add);
    folders.add(Path.of("/var/tmp"));
    cache().map(folder -> folder.resolve("sakd")).ifPresent(folders::add);
    folders.add(Path.of("/dev/shm"));
    return folders;
  }

  /**
   * Points the libraries that unpack native code at folders that can be used, where their own
   * choice cannot: one that does not exist, cannot be written, is full, or from which nothing may
   * be run. Has to come before the first of them is loaded.
   */
  public static synchronized void settle() {
    if (settled) {
      return;
    }
    settled = true;
    Optional<Path> home = home(System::getenv, System.getProperty(HOME));
    if (absolute(System.getProperty(HOME)).filter(Files::isDirectory).isEmpty()) {
      home.ifPresent(folder -> System.setProperty(HOME, folder.toString()));
    }
    if (absolute(System.getProperty(TEMPORARY)).filter(UserFolders::takesPrograms).isEmpty()) {
      temporary().stream()
          .filter(UserFolders::takesPrograms)
          .findFirst()
          .ifPresent(folder -> System.setProperty(TEMPORARY, folder.toString()));
    }
    unpackTo(JNA, cache().map(folder -> folder.resolve("JNA/temp")), "");
    unpackTo(JAVACPP, home.map(folder -> folder.resolve(".javacpp/cache")), "javacpp-" + user());
  }

  /**
   * Names the usual folder, which the library itself may look for elsewhere, or a temporary one.
   */
  private static void unpackTo(String property, Optional<Path> usual, String name) {
    if (System.getProperty(property) == null) {
      Path folder =
          usual
              .filter(UserFolders::takesPrograms)
              .orElseGet(() -> Path.of(System.getProperty(TEMPORARY), name));
      System.setProperty(property, folder.toString());
    }
  }

  /** Set apart, because a folder of one user's name in a shared place cannot serve another. */
  private static String user() {
    String name = System.getProperty("user.name");
    return name.matches("\\w+") ? name : "user";
  }

  /** Whether a program can be written to the folder, which is made if need be, and run there. */
  private static boolean takesPrograms(Path folder) {
    try {
      Files.createDirectories(folder);
      Path probe = Files.createTempFile(folder, "sakd", null);
      try {
        Files.write(probe, PROBE);
        return probe.toFile().setExecutable(true) && Files.isExecutable(probe);
      } finally {
        Files.delete(probe);
      }
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<Path> absolute(String folder) {
    try {
      return Optional.ofNullable(folder).map(Path::of).filter(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
