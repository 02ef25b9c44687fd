package sakd.export;

import sakd.device.Memory;

/** Memory that nobody reads or writes. */
final class NoMemory extends Memory {
  NoMemory(long bytes) {
    super(bytes);
  }

  @Override
  protected Memory slice(long offset, long bytes) {
    return new NoMemory(bytes);
  }

  @Override
  public void close() {}
}
