package sakd.device;

/** Memory that nobody reads or writes. */
public final class NoMemory extends Memory {
  /** Of a size, in bytes. */
  public NoMemory(long bytes) {
    super(bytes);
  }

  @Override
  protected Memory slice(long offset, long bytes) {
    return new NoMemory(bytes);
  }

  @Override
  public void close() {}
}
