package sakd.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Compiled programs on disk. An entry is the SHA-256 of the binary and the binary, because a driver
 * that is handed half a file may crash rather than refuse it. Where the folder cannot be written
 * nothing is kept, and every run compiles.
 */
public final class BinaryCache {
  private static final int HASH_BYTES = 32;

  private final Path folder;

  public BinaryCache(Path folder) {
    this.folder = folder;
  }

  /** The folder of this name in the user's cache ({@link KernelCache}). */
  public static BinaryCache ofUser(String name) {
    return new BinaryCache(KernelCache.path().resolve(name));
  }

  /** Where the entry is kept. */
  public Path file(String key) {
    return folder.resolve(key + ".bin");
  }

  /** The binary, if there is an undamaged one. */
  public Optional<byte[]> read(String key) {
    try {
      byte[] entry = Files.readAllBytes(file(key));
      if (entry.length > HASH_BYTES) {
        byte[] binary = Arrays.copyOfRange(entry, HASH_BYTES, entry.length);
        if (Arrays.equals(sha256(binary), Arrays.copyOf(entry, HASH_BYTES))) {
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
    try {
      Files.createDirectories(folder);
      Path beside = Files.createTempFile(folder, key, ".part");
      try {
        byte[] entry = Arrays.copyOf(sha256(binary), HASH_BYTES + binary.length);
        System.arraycopy(binary, 0, entry, HASH_BYTES, binary.length);
        Files.write(beside, entry);
        Files.move(beside, file(key), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      // A cache that cannot be written costs time at the next start, nothing else.
    }
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
