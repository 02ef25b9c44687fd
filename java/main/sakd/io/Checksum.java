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
 * Of MD5, by which data sets are published: against damage, not against malice; or SHA-256, by
 * which weights are published and which tells data sets apart.
 */
public final class Checksum {
  /** Those that files are published with. */
  public enum Algorithm {
    MD5("MD5", 32),
    SHA256("SHA-256", 64);

    final String title;

    /** Of a whole checksum, in hexadecimal. */
    final int digits;

    Algorithm(String title, int digits) {
      this.title = title;
      this.digits = digits;
    }
  }

  private final MessageDigest digest;

  private Checksum(Algorithm algorithm) {
    try {
      digest = MessageDigest.getInstance(algorithm.title);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has " + algorithm, e);
    }
  }

  /** An MD5 of what will be {@link #watching watched}. */
  public static Checksum md5() {
    return new Checksum(Algorithm.MD5);
  }

  /** A SHA-256 of what will be {@link #add added}. */
  public static Checksum sha256() {
    return new Checksum(Algorithm.SHA256);
  }

  public void add(byte[] bytes) {
    digest.update(bytes);
  }

  public static String md5(byte[] bytes) {
    return HexFormat.of().formatHex(md5().digest.digest(bytes));
  }

  /** Of a whole file. */
  public static String of(Algorithm algorithm, Path file) throws IOException {
    Checksum sum = new Checksum(algorithm);
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
