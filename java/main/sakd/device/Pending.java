package sakd.device;

/** Work that {@link Device#beside} submitted to the second queue. */
@FunctionalInterface
public interface Pending {
  /** Makes what the main queue is given from here on wait for the work; the host does not wait. */
  void join();
}
