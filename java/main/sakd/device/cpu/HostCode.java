package sakd.device.cpu;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import sakd.device.NativeParts;
import sakd.device.WorkFolder;

/**
 * Loads shared objects from memory: what was checked is what is run, whatever happens to a file
 * meanwhile, and a disk that is full or from which nothing may be run does not matter.
 */
final class HostCode {
  private HostCode() {}

  /** The descriptor is not for the programs that this one starts. */
  private static final int CLOSE_ON_EXEC = 1;

  /**
   * Loads a shared object for good.
   *
   * @param name as tools such as perf show it
   * @throws IOException if it cannot be loaded, with the loader's reason
   */
  static NativeLibrary load(String name, byte[] object) throws IOException {
    try {
      return open(inMemory(name, object));
    } catch (IOException e) {
      // An old system has no such files, and a rule may forbid to run them.
      return WorkFolder.with(folder -> open(Files.write(folder.resolve(name + ".so"), object)));
    }
  }

  private static NativeLibrary open(Path file) throws IOException {
    OpenMp.settle();
    return NativeParts.load(file.toString());
  }

  /** A file in memory; it stays open, as its number is the name by which the object is known. */
  private static Path inMemory(String name, byte[] object) throws IOException {
    try {
      int descriptor =
          Function.getFunction("c", "memfd_create").invokeInt(new Object[] {name, CLOSE_ON_EXEC});
      return Files.write(Path.of("/proc/self/fd/" + descriptor), object);
    } catch (UnsatisfiedLinkError e) {
      throw new IOException("no files in memory", e);
    }
  }
}
