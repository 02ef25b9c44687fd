package sakd.device;

/**
 * Work recorded by {@link Device#capture}, which the device runs as a whole: one submission for
 * hundreds of kernels.
 */
public interface CapturedGraph extends AutoCloseable {
  /** Submits the work again, after all that was submitted before. */
  void launch();

  /** How many operations it runs: kernels of ours and of libraries, copies, fills. */
  int size();

  @Override
  void close();
}
