package sakd.ops;

import sakd.device.DType;
import sakd.device.Kernel;

/**
 * Sums over the rows of a matrix, or over a flat array: a pass that makes partial sums of chunks of
 * rows, and a small one that merges them in a fixed order. On a GPU a block of threads works on a
 * chunk and a warp merges; elsewhere one item does either.
 */
final class Reductions {
  /** Columns that a block of {@code kernels/cuda/group.h} takes at most. */
  private static final int TILE = 32;

  private final KernelOps ops;

  Reductions(KernelOps ops) {
    this.ops = ops;
  }

  /** Rows of a matrix cut into chunks of equal size, the last perhaps smaller. */
  record Chunks(int count, int size) {}

  Chunks chunks(long rows, long columns, long bytes) {
    int wanted = ops.device().preferredChunks(rows, columns, bytes);
    int size = Math.toIntExact((rows + wanted - 1) / wanted);
    return new Chunks(Math.toIntExact((rows + size - 1) / size), size);
  }

  /** Launches a kernel that sums the rows of every chunk, column by column. */
  void overRows(Kernel kernel, Chunks chunks, int columns, Object... arguments) {
    if (ops.device().hasWarps()) {
      long tiles = (columns + TILE - 1L) / TILE;
      kernel.launchWarps(Kernel.BLOCK_WARPS * chunks.count * tiles, arguments);
    } else {
      kernel.launchRows(chunks.count, columns, arguments);
    }
  }

  /** Launches a kernel that makes one number of the items of every chunk. */
  private void overItems(Kernel kernel, Chunks chunks, Object... arguments) {
    if (ops.device().hasWarps()) {
      kernel.launchWarps((long) Kernel.BLOCK_WARPS * chunks.count, arguments);
    } else {
      kernel.launch(chunks.count, arguments);
    }
  }

  /** out [C] = sum of x [rows, C] over the rows. */
  void sumRows(Tensor x, Tensor out) {
    int lanes = ops.lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    Chunks chunks = chunks(x.rows(), columns, x.size() * x.type().size);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count, x.channels())) {
      overRows(
          ops.kernel(ops.twin("batchnorm.cu"), "sum_rows", x.type(), lanes),
          chunks,
          columns,
          x.memory(),
          partial.memory(),
          x.rows(),
          chunks.size,
          chunks.count,
          columns);
      sumChunks(partial, 0, out);
    }
  }

  /** out [n] = sum over the chunks of n columns from {@code offset} of partial [chunks, ..]. */
  void sumChunks(Tensor partial, long offset, Tensor out) {
    int chunks = partial.dim(0);
    ops.each(
        "batchnorm.cu",
        "sum_chunks",
        out.size(),
        partial.memory(),
        out.memory(),
        chunks,
        partial.size() / chunks,
        offset,
        out.size());
  }

  /** See {@link Ops#batchStatistics}. */
  void statistics(Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine) {
    int channels = x.channels();
    int lanes = ops.lanes(channels, x.type(), 1);
    int columns = channels / lanes;
    Chunks chunks = chunks(x.rows(), columns, x.size() * x.type().size);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count, 2, channels)) {
      overRows(
          ops.kernel(ops.twin("batchnorm.cu"), "statistics", x.type(), lanes),
          chunks,
          columns,
          x.memory(),
          partial.memory(),
          x.rows(),
          chunks.size,
          chunks.count,
          columns);
      ops.each(
          "batchnorm.cu",
          "statistics_merge",
          channels,
          partial.memory(),
          norm.gamma().memory(),
          norm.beta().memory(),
          norm.runningMean().memory(),
          norm.runningVar().memory(),
          affine.memory(),
          norm.eps(),
          norm.momentum(),
          x.rows(),
          repeats,
          chunks.size,
          chunks.count,
          channels);
    }
  }

  /**
   * A kernel of two tensors and {@code scale} that assigns grad, times lossScale [1], and sums of
   * chunks; losses[index] = their sum over the size of a.
   */
  void differences(
      String file,
      String function,
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float scale,
      Tensor losses,
      int index,
      Tensor grad) {
    int lanes = ops.lanes(a.size(), a.type(), 1);
    long items = a.size() / lanes;
    Chunks chunks = chunks(items, 1, a.size() * a.type().size);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count)) {
      overItems(
          ops.kernel(ops.twin(file), function, a.type(), lanes),
          chunks,
          a.memory(),
          b.memory(),
          lossScale.memory(),
          grad.memory(),
          partial.memory(),
          scale,
          items,
          chunks.size,
          chunks.count);
      scaledSum(partial, 1f / a.size(), losses, index);
    }
  }

  /** out[index] = scale times the sum of partial. */
  void scaledSum(Tensor partial, float scale, Tensor out, int index) {
    ops.each(
        "loss.cu",
        "scaled_sum",
        1,
        partial.memory(),
        out.memory(),
        scale,
        Math.toIntExact(partial.size()),
        index);
  }

  /** out [1] = sum of the squares of x. */
  void sumSquares(Tensor x, Tensor out) {
    int lanes = ops.lanes(x.size(), DType.F32, 1);
    long items = x.size() / lanes;
    Chunks chunks = chunks(items, 1, x.size() * 4);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count)) {
      overItems(
          ops.kernel(ops.twin("optimizer.cu"), "sum_squares", DType.F32, lanes),
          chunks,
          x.memory(),
          partial.memory(),
          items,
          chunks.size,
          chunks.count);
      sumChunks(partial, 0, out);
    }
  }
}
