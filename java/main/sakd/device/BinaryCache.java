package sakd.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;
import sakd.base.UserError;
import sakd.io.AtomicFile;
import sakd.io.IoErrors;
import sakd.io.UserFolders;

/**
 * Compiled programs on disk. An entry is the SHA-256 of its key and the binary, and the binary,
 * because whoever is handed half a file, or another one's, may crash rather than refuse it. Where
 * the folder cannot be written nothing is kept, and every run compiles.
 */
public final class BinaryCache {
  private static final int HASH_BYTES = 32;

  /** No compiler makes so large a program of a kernel. */
  private static final long MOST_BYTES = 1 << 28;

  /** Null to keep nothing. */
  private final Path folder;

  private boolean complained;

  public BinaryCache(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder of this name in {@code sakd} of the user's cache ({@link UserFolders#cache});
   * without a home, nothing is kept.
   */
  public static BinaryCache ofUser(String name) {
    return new BinaryCache(
        UserFolders.cache().map(cache -> cache.resolve("sakd").resolve(name)).orElse(null));
  }

  /** Where the entry is kept. */
  public Path file(String key) {
    return folder.resolve(key + ".bin");
  }

  /** The binary, if there is an undamaged one. */
  public Optional<byte[]> read(String key) {
    if (folder == null) {
      return Optional.empty();
    }
    Path file = file(key);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
        return Optional.empty();
      }
      byte[] entry = Files.readAllBytes(file);
      if (entry.length > HASH_BYTES) {
        byte[] binary = Arrays.copyOfRange(entry, HASH_BYTES, entry.length);
        if (Arrays.equals(sha256(key, binary), Arrays.copyOf(entry, HASH_BYTES))) {
          return Optional.of(binary);
        }
      }
    } catch (IOException e) {
      // Not there, or not readable: compiled again.
    }
    return Optional.empty();
  }

  /** Keeps the binary, in place of an entry of this key that is there. */
  public void write(String key, byte[] binary) {
    if (folder == null) {
      complain("there is no home folder", "set HOME or XDG_CACHE_HOME");
      return;
    }
    Path file = file(key);
    if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
      WorkFolder.delete(file);
    }
    try {
      AtomicFile.write(
          file,
          channel -> {
            AtomicFile.writeFully(channel, ByteBuffer.wrap(sha256(key, binary)));
            AtomicFile.writeFully(channel, ByteBuffer.wrap(binary));
          });
    } catch (UserError e) {
      complain(
          folder + (e.getCause() instanceof IOException cause ? ": " + IoErrors.reason(cause) : ""),
          "free some space, or name another folder with XDG_CACHE_HOME");
    }
  }

  /** A cache that cannot be written costs time at the next start, nothing else. */
  private void complain(String reason, String remedy) {
    if (!complained) {
      complained = true;
      System.err.println(
          "note: compiled kernels cannot be kept, so every run compiles them ("
              + reason
              + "); "
              + remedy);
    }
  }

  private static byte[] sha256(String key, byte[] binary) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(key.getBytes(StandardCharsets.UTF_8));
      return digest.digest(binary);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
