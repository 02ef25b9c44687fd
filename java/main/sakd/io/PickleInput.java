package sakd.io;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * Bytes of a known number, read forward as pickles are written. No length is believed unchecked.
 */
final class PickleInput {
  /** Nothing in text that we read comes near; what is longer is not held. */
  private static final int MAX_LINE = 1 << 16;

  /** Integers of more bytes, which no tensor's size needs, would only cost time. */
  private static final int MAX_INTEGER = 1 << 12;

  private final InputStream in;
  private final long size;
  private long position;

  PickleInput(InputStream in, long size) {
    this.in = new BufferedInputStream(in);
    this.size = size;
  }

  /** How many bytes have been read. */
  long position() {
    return position;
  }

  /** The next byte, 0 to 255. */
  int next() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException();
    }
    position++;
    return b;
  }

  byte[] bytes(long count) throws IOException {
    if (count < 0 || count > size - position) {
      throw new EOFException();
    }
    byte[] bytes = in.readNBytes(Math.toIntExact(count));
    position += bytes.length;
    if (bytes.length < count) {
      throw new EOFException();
    }
    return bytes;
  }

  void skip(long count) throws IOException {
    if (count < 0 || count > size - position) {
      throw new EOFException();
    }
    in.skipNBytes(count);
    position += count;
  }

  /** An unsigned little-endian number of 1, 2 or 4 bytes; of 8 bytes one from 2^63 is negative. */
  long unsigned(int count) throws IOException {
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (long) next() << (8 * i);
    }
    return value;
  }

  /** A signed little-endian number of any length; 0 for none. */
  BigInteger signed(long count) throws IOException {
    if (count > MAX_INTEGER) {
      throw new EOFException();
    }
    byte[] bytes = bytes(count);
    byte[] bigEndian = new byte[bytes.length + 1];
    bigEndian[0] = (byte) (count > 0 && bytes[bytes.length - 1] < 0 ? -1 : 0);
    for (int i = 0; i < bytes.length; i++) {
      bigEndian[bytes.length - i] = bytes[i];
    }
    return new BigInteger(bigEndian);
  }

  String text(long count, Charset charset) throws IOException {
    return new String(bytes(count), charset);
  }

  /** Text up to a line feed. */
  String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = next(); b != '\n'; b = next()) {
      line.write(b);
      if (line.size() > MAX_LINE) {
        throw new EOFException();
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }
}
