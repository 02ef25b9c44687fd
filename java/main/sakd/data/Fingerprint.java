package sakd.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 over what makes a data set the one it is, so that a training does not go on with another
 * one in its place. Where the set lies is no part of it: it may be moved.
 */
final class Fingerprint {
  private final MessageDigest digest;

  private Fingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Of what every set has: name, shape, classes, size, and the label of every sample. */
  static Fingerprint of(Dataset set) {
    Fingerprint f = new Fingerprint();
    f.add(set.name());
    SampleShape shape = set.shape();
    f.add(shape.frames()).add(shape.channels()).add(shape.height()).add(shape.width());
    f.add(set.classes());
    set.classNames().forEach(f::add);
    f.add(set.size());
    ByteBuffer labels = ByteBuffer.allocate(Integer.BYTES * set.size());
    for (int i = 0; i < set.size(); i++) {
      labels.putInt(set.label(i));
    }
    return f.add(labels.array());
  }

  Fingerprint add(byte[] bytes) {
    digest.update(bytes);
    return this;
  }

  Fingerprint add(long value) {
    return add(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** With its length, so that no two lists of texts are the same. */
  Fingerprint add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return add(bytes.length).add(bytes);
  }

  /** The name and size of a file, not its content: there may be millions. */
  Fingerprint add(Path file) {
    long size;
    try {
      size = Files.size(file);
    } catch (IOException e) {
      size = -1; // Whoever reads it says so.
    }
    return add(file.getFileName().toString()).add(size);
  }

  /** In hexadecimal; to be called once. */
  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
