package sakd.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import sakd.io.Checksum;

/**
 * SHA-256 over what makes a data set the one it is, so that a training does not go on with another
 * one in its place. Where the set lies is no part of it: it may be moved.
 */
public final class Fingerprint {
  /** Of how many samples in files the content counts, spread over the set. */
  private static final int MOST_READ = 512;

  /** Bytes of a sample that count. */
  private static final int BEGINNING = 1 << 16;

  private final Checksum sum = Checksum.sha256();

  private Fingerprint() {}

  /** Of what every set has: name, shape, classes, size, and of classes that of every sample. */
  public static Fingerprint of(Dataset set) {
    Fingerprint f = new Fingerprint();
    f.add(set.name());
    SampleShape shape = set.shape();
    f.add(shape.frames()).add(shape.channels()).add(shape.height()).add(shape.width());
    f.add(set.classes());
    set.classNames().forEach(f::add);
    f.add(set.size());
    if (set.targetKind() != Targets.Kind.CLASSES) {
      return f;
    }
    ByteBuffer labels = ByteBuffer.allocate(Integer.BYTES * set.size());
    for (int i = 0; i < set.size(); i++) {
      labels.putInt(set.label(i));
    }
    return f.add(labels.array());
  }

  public Fingerprint add(byte[] bytes) {
    sum.add(bytes);
    return this;
  }

  public Fingerprint add(long value) {
    return add(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
  }

  /** With its length, so that no two lists of texts are the same. */
  public Fingerprint add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return add(bytes.length).add(bytes);
  }

  /**
   * A sample of a set that lies in files: its name and size, and of some samples how they begin.
   * There may be millions, so that not all can be read.
   *
   * @param name of the file or within the archive
   * @param offset in the file
   * @param length in bytes, or -1 for the rest of the file
   * @param index of the sample in the set
   * @param samples how many the set has
   */
  public Fingerprint add(String name, Path file, long offset, long length, int index, int samples) {
    add(name);
    try {
      long size = length < 0 ? Files.size(file) - offset : length;
      add(size);
      if (index % (1 + (samples - 1) / MOST_READ) == 0) {
        ByteBuffer start = ByteBuffer.allocate((int) Math.max(0, Math.min(size, BEGINNING)));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
          while (start.hasRemaining() && channel.read(start, offset + start.position()) >= 0) {}
        }
        add(start.array());
      }
    } catch (IOException e) {
      add(-1); // Whoever reads the sample says so.
    }
    return this;
  }

  /** A whole file; see the other {@code add}. */
  public Fingerprint add(Path file, int index, int samples) {
    return add(file.getFileName().toString(), file, 0, -1, index, samples);
  }

  /** In hexadecimal; to be called once. */
  public String hex() {
    return sum.hex();
  }
}
