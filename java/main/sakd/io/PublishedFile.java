package sakd.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file at a public address, and how to tell it from others.
 *
 * @param address where it is
 * @param algorithm of the checksum
 * @param checksum in hexadecimal, as far as it is published: whole, or how it begins
 */
public record PublishedFile(String address, Checksum.Algorithm algorithm, String checksum) {
  /** The last part of the address. */
  public String name() {
    return address.substring(address.lastIndexOf('/') + 1);
  }

  /** Whether a file with this checksum is the published one. */
  public boolean is(String found) {
    return found.startsWith(checksum);
  }

  /** The checksum of a local file, by the same algorithm. */
  public String checksumOf(Path file) throws IOException {
    return Checksum.of(algorithm, file);
  }

  /** The checksum for messages: one of which only the beginning is known ends in dots. */
  String expected() {
    return checksum + (checksum.length() < algorithm.digits ? "..." : "");
  }
}
