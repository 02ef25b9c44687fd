package sakd.device.cuda;

/** Memory that one call after the other uses; it grows to the largest asked for. */
final class Scratch implements AutoCloseable {
  private final CudaDevice device;
  private final String name;
  private CudaMemory memory;

  Scratch(CudaDevice device, String name) {
    this.device = device;
    this.name = name;
  }

  /** The first bytes of the scratch, whatever was in them. */
  CudaMemory atLeast(long bytes) {
    if (memory == null || memory.bytes() < bytes) {
      device.context().requireNotRecording("growing " + name);
      if (memory != null) {
        device.closeAfterGraphs(memory);
        memory = null; // Stays so where there is no room for more.
      }
      memory = device.allocateOwn(Math.max(1, bytes));
    }
    return memory;
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
      memory = null;
    }
  }
}
