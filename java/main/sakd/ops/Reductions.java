package sakd.ops;

import static sakd.ops.Requirements.isOfRanks;

import java.util.stream.Stream;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;

/**
 * Sums over the rows of a matrix, or over flat arrays, by partial sums of chunks that are merged in
 * a fixed order. On a GPU that is one launch of a kernel of {@code kernels/cuda}: a block of
 * threads works on a chunk, and the last block to end merges. Elsewhere it is two: an item works on
 * a chunk, and a small second pass merges.
 */
final class Reductions {
  /** Bytes of a row that a block of {@code kernels/cuda/group.h} takes at most: a tile. */
  private static final int TILE_BYTES = 128;

  private static final int BLOCK = Kernel.BLOCK_WARPS * Kernel.WARP;

  /** Rows that one item of {@link #fold} adds up. */
  private static final int FOLD = 512;

  private final Ops ops;
  private final Launcher launcher;
  private final boolean blocks;

  Reductions(Ops ops, Launcher launcher) {
    this.ops = ops;
    this.launcher = launcher;
    this.blocks = ops.device().hasWarps();
  }

  /**
   * Rows cut into chunks of equal size, the last perhaps smaller.
   *
   * @param columns of items; 0 where arrays are cut, not matrices
   * @param tiles how many blocks side by side share the columns, or take an array each
   */
  record Chunks(int count, int size, int columns, int tiles) {
    static Chunks of(long rows, int wanted, int columns, int tiles) {
      int size = Math.toIntExact((rows + wanted - 1) / wanted);
      return new Chunks(Math.toIntExact((rows + size - 1) / size), size, columns, tiles);
    }
  }

  /**
   * Chunks of a matrix of {@code rows} by {@code columns} items.
   *
   * @param itemBytes that one access of an item moves
   * @param bytes that the reduction reads in all
   */
  Chunks ofRows(long rows, int columns, int itemBytes, long bytes) {
    Device device = ops.device();
    if (!blocks) {
      return Chunks.of(rows, device.preferredChunks(rows, columns, bytes), columns, 1);
    }
    int most = TILE_BYTES / itemBytes;
    int tiles = (columns + most - 1) / most;
    int width = 1;
    while (width < columns && width < most) {
      width *= 2;
    }
    int wanted = device.preferredChunks(rows / (BLOCK / width), tiles, bytes);
    return Chunks.of(rows, wanted, columns, tiles);
  }

  /** Chunks of each of {@code arrays} arrays of {@code items} items. */
  Chunks ofItems(long items, int arrays, long bytes) {
    long rows = blocks ? items / BLOCK : items;
    return Chunks.of(items, ops.device().preferredChunks(rows, arrays, bytes), 0, arrays);
  }

  /** Arguments of a kernel that stand together. */
  static Object[] list(Object... arguments) {
    return arguments;
  }

  /**
   * A reduction: launches a kernel that makes partial sums of chunks, which merges them too, or
   * else what does.
   *
   * @param inputs the kernel's arguments before partial
   * @param merged its arguments behind it for the merge, where it does that itself
   * @param rest its arguments after these
   * @param merge the launches that do so otherwise
   */
  void reduce(
      Kernel kernel,
      Chunks chunks,
      Object[] inputs,
      Tensor partial,
      Object[] merged,
      Object[] rest,
      Runnable merge) {
    if (blocks) {
      Object[] counters = {launcher.counters(chunks.tiles + 1)};
      launchBlocks(kernel, chunks, join(inputs, list(partial.memory()), merged, counters, rest));
      return;
    }
    Object[] arguments = join(inputs, list(partial.memory()), rest);
    if (chunks.columns > 0) {
      kernel.launchRows(chunks.count, chunks.columns, arguments);
    } else {
      kernel.launch(chunks.count, arguments);
    }
    merge.run();
  }

  /** Lists of arguments as one. */
  static Object[] join(Object[]... lists) {
    return Stream.of(lists).flatMap(Stream::of).toArray();
  }

  private static void launchBlocks(Kernel kernel, Chunks chunks, Object... arguments) {
    kernel.launchWarps((long) Kernel.BLOCK_WARPS * chunks.count * chunks.tiles, arguments);
  }

  /**
   * Launches a kernel that makes sums of every chunk of every array, which are left as they are.
   */
  void sumsOfArrays(Kernel kernel, Chunks chunks, Object... arguments) {
    if (blocks) {
      launchBlocks(kernel, chunks, arguments);
    } else {
      kernel.launchRows(chunks.tiles, chunks.count, arguments);
    }
  }

  /** out [C] = sum of x [rows, C] over the rows. */
  void sumRows(Tensor x, Tensor out) {
    int lanes = launcher.lanes(x.channels(), x.type(), 1);
    int columns = x.channels() / lanes;
    Chunks chunks = ofRows(x.rows(), columns, lanes * x.type().size, x.size() * x.type().size);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count, x.channels())) {
      reduce(
          launcher.kernel(launcher.twin("batchnorm.cu"), "sum_rows", x.type(), lanes),
          chunks,
          list(x.memory()),
          partial,
          list(out.memory()),
          list(x.rows(), chunks.size, chunks.count, columns),
          () -> sumChunks(partial, 0, out));
    }
  }

  /** out [n] = sum over the chunks of n columns from {@code offset} of partial [chunks, ..]. */
  void sumChunks(Tensor partial, long offset, Tensor out) {
    int chunks = partial.dim(0);
    launcher
        .kernel("batchnorm.cu", "sum_chunks", DType.F32, 1)
        .launch(
            out.size(),
            partial.memory(),
            out.memory(),
            chunks,
            partial.size() / chunks,
            offset,
            out.size());
  }

  /**
   * out [columns] = sum over the rows of partial [rows, columns], both F32 or I32, or with add is
   * added to. For many rows and few columns: some at a time, until one is left.
   */
  void fold(Tensor partial, Tensor out, boolean add) {
    int rows = partial.dim(0);
    int groups = (rows + FOLD - 1) / FOLD;
    if (groups == 1) {
      launchFold(partial, out, groups, add);
      return;
    }
    try (Tensor next = ops.allocate(partial.type(), groups, partial.dim(1))) {
      launchFold(partial, next, groups, false);
      fold(next, out, add);
    }
  }

  private void launchFold(Tensor partial, Tensor out, int groups, boolean add) {
    int columns = partial.dim(1);
    launcher
        .kernel(
            "pixels.cu", partial.type() == DType.I32 ? "fold_ints" : "fold_floats", DType.F32, 1)
        .launchRows(
            groups,
            columns,
            partial.memory(),
            out.memory(),
            partial.dim(0),
            FOLD,
            add ? 1 : 0,
            groups,
            columns);
  }

  /** See {@link Ops#batchStatistics}. */
  void statistics(Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine) {
    int channels = x.channels();
    if (!isOfRanks(affine, channels)) {
      statistics(x, norm, repeats, affine, launcher::kernel);
      return;
    }
    try (Tensor moments = ops.allocate(DType.F32, 3, channels);
        Tensor all = ops.allocate(DType.F32, ops.ranks(), 3, channels)) {
      statistics(
          x,
          norm,
          repeats,
          moments,
          (file, function, type, lanes) -> launcher.kernel(file, function, type, lanes, "MOMENTS"));
      ops.gatherRanks(moments, all);
      launcher
          .kernel("batchnorm.cu", "statistics_of_ranks", DType.F32, 1)
          .launch(
              channels,
              join(list(all.memory()), normed(norm, affine), list(repeats, ops.ranks(), channels)));
    }
  }

  /** Where a kernel comes from. */
  private interface Kernels {
    Kernel get(String file, String function, DType storage, int lanes);
  }

  /** What the merge of statistics reads and writes. */
  private static Object[] normed(Ops.BatchNorm norm, Tensor affine) {
    return list(
        norm.gamma().memory(),
        norm.beta().memory(),
        norm.runningMean().memory(),
        norm.runningVar().memory(),
        affine.memory(),
        norm.eps(),
        norm.momentum());
  }

  /** Of this rank's rows: assigns affine, or the moments. */
  private void statistics(
      Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine, Kernels kernels) {
    int channels = x.channels();
    int lanes = launcher.lanes(channels, x.type(), 1);
    int columns = channels / lanes;
    Chunks chunks = ofRows(x.rows(), columns, lanes * x.type().size, x.size() * x.type().size);
    Object[] outputs = normed(norm, affine);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count, 2, channels)) {
      reduce(
          kernels.get(launcher.twin("batchnorm.cu"), "statistics", x.type(), lanes),
          chunks,
          list(x.memory()),
          partial,
          join(outputs, list(repeats)),
          list(x.rows(), chunks.size, chunks.count, columns),
          () ->
              kernels
                  .get("batchnorm.cu", "statistics_merge", DType.F32, 1)
                  .launch(
                      channels,
                      join(
                          list(partial.memory()),
                          outputs,
                          list(x.rows(), repeats, chunks.size, chunks.count, channels))));
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
    int lanes = launcher.lanes(a.size(), a.type(), 1);
    long items = a.size() / lanes;
    Chunks chunks = ofItems(items, 1, a.size() * a.type().size);
    float share = 1f / a.size();
    try (Tensor partial = ops.allocate(DType.F32, chunks.count)) {
      reduce(
          launcher.kernel(launcher.twin(file), function, a.type(), lanes),
          chunks,
          list(a.memory(), b.memory(), lossScale.memory(), grad.memory()),
          partial,
          list(losses.memory(), share, index),
          list(scale, items, chunks.size, chunks.count),
          () -> scaledSum(partial, share, losses, index));
    }
  }

  /** out[index] = scale times the sum of partial. */
  void scaledSum(Tensor partial, float scale, Tensor out, int index) {
    launcher.each(
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
    int lanes = launcher.lanes(x.size(), DType.F32, 1);
    long items = x.size() / lanes;
    Chunks chunks = ofItems(items, 1, x.size() * 4);
    try (Tensor partial = ops.allocate(DType.F32, chunks.count)) {
      reduce(
          launcher.kernel(launcher.twin("optimizer.cu"), "sum_squares", DType.F32, lanes),
          chunks,
          list(x.memory()),
          partial,
          list(out.memory()),
          list(items, chunks.size, chunks.count),
          () -> sumChunks(partial, 0, out));
    }
  }
}
