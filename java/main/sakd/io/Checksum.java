package sakd.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;

/**
 * Of MD5, by which data sets are published: against damage, not against malice; or SHA-256, which
 * tells data sets apart.
 */
public final class Checksum {
  private final MessageDigest digest;

  private Checksum(String algorithm) {
    try {
      digest = MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has " + algorithm, e);
    }
  }

  /** An MD5 of what will be {@link #watching watched}. */
  public static Checksum md5() {
    return new Checksum("MD5");
  }

  /** A SHA-256 of what will be {@link #add added}. */
  public static Checksum sha256() {
    return new Checksum("SHA-256");
  }

  public void add(byte[] bytes) {
    digest.update(bytes);
  }

  public static String md5(byte[] bytes) {
    return HexFormat.of().formatHex(md5().digest.digest(bytes));
  }

  /** Of a whole file. */
  public static String md5(Path file) throws IOException {
    Checksum sum = md5();
    try (InputStream in = sum.watching(Files.newInputStream(file))) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return sum.hex();
  }

  /** The stream, of which every byte that is read counts. */
  public InputStream watching(InputStream in) {
    return new DigestInputStream(in, digest);
  }

  /** The checksum of everything seen, in hexadecimal; begins anew afterwards. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Says so if a local file is not the published one; it may still be a good one. */
  public static void compare(Object file, String found, String published, Consumer<String> note) {
    if (!found.equals(published)) {
      note.accept(
          file
              + " is not the published file: its MD5 is "
              + found
              + " instead of "
              + published
              + "; it is used as it is");
    }
  }
}
