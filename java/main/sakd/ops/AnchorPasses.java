package sakd.ops;

import static sakd.ops.Reductions.join;

import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;
import sakd.ops.Reductions.Chunks;

/** How kernels of {@code kernels/boxes.cu} go through anchors: their lanes and chunks. */
final class AnchorPasses {
  /** Vectors of which one chunk's sum is made at most, one after the other in float32. */
  private static final int MOST_SUMMED = 512;

  /** Of sums on a GPU. */
  private static final int MOST_THREADS = 1 << 17;

  private final Device device;
  private final Launcher launcher;

  AnchorPasses(KernelFacet ops) {
    this.device = ops.device();
    this.launcher = ops.launcher();
  }

  Kernel kernel(String function, int lanes) {
    return launcher.kernel("boxes.cu", function, DType.F32, lanes);
  }

  /** Neighbouring anchors that an item works on. */
  int lanes() {
    return device.hasWarps() ? 1 : device.preferredLanes(DType.F32, 1);
  }

  /** Cut for a pass that sums up {@code n} vectors and reads so many bytes. */
  Chunks chunks(int n, long bytes) {
    int wanted =
        device.hasWarps()
            ? Math.min(n, MOST_THREADS)
            : Math.max(device.preferredChunks(n, 1, bytes), (n + MOST_SUMMED - 1) / MOST_SUMMED);
    return Chunks.of(n, wanted, 0, 1);
  }

  /** From one chunk's first to the next one's. */
  int start(Chunks chunks) {
    return device.hasWarps() ? 1 : chunks.size();
  }

  /** From one of a chunk to its next. */
  int step(Chunks chunks) {
    return device.hasWarps() ? chunks.count() : 1;
  }

  /**
   * A pass over the rows of a tensor, an anchor each, in vectors cut into chunks; those that fill
   * no vector are a chunk of their own.
   */
  final class Pass {
    private final int blocks;
    private final int left;
    private final Chunks chunks;

    private Pass(Tensor rows) {
      int anchors = Math.toIntExact(rows.rows());
      blocks = anchors / lanes();
      left = anchors % lanes();
      chunks = blocks == 0 ? new Chunks(0, 0, 0, 1) : chunks(blocks, 4 * rows.size());
    }

    /** Chunks, each with a sum of its own. */
    int count() {
      return chunks.count() + (left > 0 ? 1 : 0);
    }

    void launch(String function, Object... arguments) {
      if (blocks > 0) {
        Object[] all = {0, 0, blocks, chunks.size(), start(chunks), step(chunks), chunks.count()};
        kernel(function, lanes()).launch(chunks.count(), join(arguments, all));
      }
      if (left > 0) {
        Object[] rest = {blocks * lanes(), chunks.count(), left, left, left, 1, 1};
        kernel(function, 1).launch(1, join(arguments, rest));
      }
    }
  }

  Pass over(Tensor rows) {
    return new Pass(rows);
  }
}
