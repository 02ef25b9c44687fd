package sakd.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Unpacks gzip as long as it is plausible: what data sets hold shrinks to a tenth at best, and
 * zeros to a thousandth, of which a small file could unpack to all memory.
 */
public final class Gunzip extends FilterInputStream {
  private static final int BUFFER = 1 << 16;

  /** What any file may unpack to. */
  private static final long SMALL = 64L << 20;

  private static final int MAX_RATIO = 100;

  private final long limit;
  private long left;

  /**
   * @param packed the gzip data
   * @param packedBytes how many there are
   */
  public Gunzip(InputStream packed, long packedBytes) throws IOException {
    super(new GZIPInputStream(packed, BUFFER));
    limit = limit(packedBytes);
    left = limit;
  }

  /** How many bytes so many packed ones may become. */
  public static long limit(long packedBytes) {
    return Math.max(SMALL, MAX_RATIO * Math.min(packedBytes, Long.MAX_VALUE / MAX_RATIO));
  }

  @Override
  public int read() throws IOException {
    int b = in.read();
    counted(b < 0 ? 0 : 1);
    return b;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int count = in.read(buffer, offset, length);
    counted(Math.max(count, 0));
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = in.skip(count);
    counted(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void counted(long bytes) throws ZipException {
    left -= bytes;
    if (left < 0) {
      throw new ZipException("it unpacks to more than " + limit + " bytes");
    }
  }
}
