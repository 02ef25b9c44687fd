package sakd.device.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jcuda.LibUtils;
import org.bytedeco.javacpp.Loader;
import sakd.device.NativeParts;

/**
 * Loads shared libraries by the name that others ask for them by. Once loaded, a library is found
 * under that name by those that need it, wherever it came from.
 */
final class NativeLibraries {
  private static final String TOOLKIT = "/usr/local/cuda/lib64/";
  private static final String REDISTRIBUTABLES = "/org/bytedeco/cuda/linux-x86_64/";

  private NativeLibraries() {}

  /**
   * Loads the library from where the dynamic loader looks, else from the toolkit's folder, else
   * from the redistributables on the class path (Maven profile cuda-libs).
   *
   * @param needs libraries it asks for under names that the loader may not find, in their order
   * @return empty, or why it cannot be loaded
   */
  static synchronized String load(String name, String... needs) {
    String reason = open(name);
    if (reason.isEmpty()) {
      return "";
    }
    if (Files.exists(Path.of(TOOLKIT, name))) {
      for (String need : needs) {
        open(TOOLKIT + need);
      }
      reason = open(TOOLKIT + name);
    }
    if (!reason.isEmpty() && NativeLibraries.class.getResource(REDISTRIBUTABLES + name) != null) {
      for (String need : needs) {
        openRedistributable(need);
      }
      reason = openRedistributable(name);
    }
    return reason;
  }

  /**
   * Loads a part of a library that is loaded already, from the same folder if it is there.
   *
   * @return empty, or why it cannot be loaded
   */
  static synchronized String loadBeside(String library, String part) {
    return open(isBeside(library, part) ? beside(library, part).toString() : part);
  }

  /** Whether the part lies in the folder of a library that is loaded. */
  static boolean isBeside(String library, String part) {
    return Files.exists(beside(library, part));
  }

  private static Path beside(String library, String part) {
    return loaded(library).stream()
        .findFirst()
        .map(path -> path.resolveSibling(part))
        .orElse(Path.of(part));
  }

  private static String openRedistributable(String name) {
    try {
      return open(Loader.cacheResource(REDISTRIBUTABLES + name).getPath());
    } catch (IOException e) {
      return name + " cannot be unpacked (" + e.getMessage() + ")";
    }
  }

  private static String open(String name) {
    try {
      NativeParts.load(name);
      return "";
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /**
   * Makes JCuda's own part of a library ready to be loaded by its class.
   *
   * @param name e.g. {@code JCublas2-12.6.0}
   * @throws IOException if it cannot be unpacked
   */
  static void unpackGlue(String name) throws IOException {
    String file = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(name));
    NativeParts.unpack("/lib/" + file, file);
  }

  /** The files that this process has loaded whose name begins so. */
  static List<Path> loaded(String prefix) {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.indexOf('/') > 0)
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .filter(path -> path.getFileName().toString().startsWith(prefix))
          .distinct()
          .toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Whether a library of this name lies where toolkits are installed. */
  static boolean inToolkit(String name) {
    return Files.exists(Path.of(TOOLKIT, name));
  }
}
