package sakd.device;

/**
 * A piece of a device's memory. A view shares its parent's bytes and is freed with it; closing a
 * view frees nothing.
 */
public abstract class Memory implements AutoCloseable {
  private final long bytes;

  protected Memory(long bytes) {
    this.bytes = bytes;
  }

  /** Size in bytes. */
  public final long bytes() {
    return bytes;
  }

  /**
   * The {@code bytes} bytes from {@code offset}, a multiple of {@link Device#alignment()}.
   *
   * @throws IndexOutOfBoundsException if they do not lie inside this piece
   */
  public final Memory view(long offset, long bytes) {
    if (offset < 0 || bytes < 0 || offset + bytes > this.bytes) {
      throw new IndexOutOfBoundsException(
          "view of bytes " + offset + " to " + (offset + bytes) + " of " + this.bytes);
    }
    return slice(offset, bytes);
  }

  protected abstract Memory slice(long offset, long bytes);

  /** Gives the memory back to the device; a second call does nothing. */
  @Override
  public abstract void close();
}
