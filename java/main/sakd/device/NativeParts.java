package sakd.device;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Shared libraries, and the native parts of JCuda and JOCL, which these unpack to the folder for
 * temporary files but then trust a file that is there: one that another process is just writing,
 * that a full disk cut short, or that somebody else put there.
 */
public final class NativeParts {
  /** JNA unloads a library that nobody refers to. */
  private static final Queue<NativeLibrary> LOADED = new ConcurrentLinkedQueue<>();

  private NativeParts() {}

  /**
   * Loads a shared library for good: it is then found under its name by those that need it.
   *
   * @param name as the dynamic loader knows it, or a path
   * @throws IOException if it cannot be loaded, with the loader's reason
   */
  public static NativeLibrary load(String name) throws IOException {
    try {
      NativeLibrary library = NativeLibrary.getInstance(name);
      LOADED.add(library);
      return library;
    } catch (UnsatisfiedLinkError e) {
      // First a heading, then what the loader said; then where else JNA looked.
      throw new IOException(
          e.getMessage().lines().skip(1).findFirst().orElse(e.getMessage()).strip(), e);
    }
  }

  /**
   * Makes a part ready to be loaded by the class that wants it.
   *
   * @param resource on the class path
   * @param file relative to the folder for temporary files
   * @throws IOException if it cannot be unpacked
   */
  public static void unpack(String resource, String file) throws IOException {
    Path target = Path.of(System.getProperty("java.io.tmpdir"), file);
    try (InputStream in = NativeParts.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("no " + file + " on the class path");
      }
      byte[] bytes = in.readAllBytes();
      if (holds(target, bytes)) {
        return;
      }
      Files.createDirectories(target.getParent());
      Path beside =
          Files.createTempFile(target.getParent(), target.getFileName().toString(), ".part");
      try {
        Files.write(beside, bytes);
        // The processes of the machine's other users find it there.
        Files.setPosixFilePermissions(beside, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(beside);
      }
    }
  }

  private static boolean holds(Path file, byte[] bytes) throws IOException {
    return Files.isRegularFile(file)
        && Files.size(file) == bytes.length
        && Arrays.equals(Files.readAllBytes(file), bytes);
  }
}
