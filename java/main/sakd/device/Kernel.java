package sakd.device;

/**
 * A compiled kernel. Arguments are {@link Memory} (a pointer), {@link Integer}, {@link Long} or
 * {@link Float}, in the order of the kernel's parameters. A launch may return before the kernel has
 * run; launches on one device run in the order they were made.
 */
public interface Kernel {
  /** Threads of a warp. */
  int WARP = 32;

  /** Warps of a block in {@link #launchWarps}. */
  int BLOCK_WARPS = 8;

  /** Runs a {@code FOR_EACH} kernel over {@code n} items. */
  void launch(long n, Object... arguments);

  /** Runs a {@code FOR_EACH_ROW / FOR_EACH_COLUMN} kernel over a matrix of items. */
  void launchRows(long rows, long columns, Object... arguments);

  /**
   * Runs a kernel of {@code kernels/cuda} that works on each row with a warp, {@link #WARP}
   * neighbouring threads; {@link #BLOCK_WARPS} neighbouring warps are a block.
   *
   * @throws IllegalStateException where {@link Device#hasWarps} is false
   */
  default void launchWarps(long rows, Object... arguments) {
    throw new IllegalStateException("this device has no warps");
  }
}
