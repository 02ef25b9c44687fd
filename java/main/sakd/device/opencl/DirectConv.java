package sakd.device.opencl;

import java.util.HashMap;
import java.util.Map;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/** Convolutions by kernels of our own (kernels/direct_conv.cu), with no buffer of windows. */
final class DirectConv implements Conv {
  /**
   * What an item of a launch holds in registers, where the sizes of a convolution allow it.
   *
   * @param lanes numbers of a vector
   * @param vectors how many
   * @param numbers that each vector is multiplied with
   */
  record Tile(int lanes, int vectors, int numbers) {}

  static final String FILE = "direct_conv.cu";

  /** Numbers that the parts of a gradient by the weights take at most. */
  private static final long MOST_SUMS = 4L << 20;

  /** Items that a GPU's multiprocessor wants to have at least, of weights they sum each. */
  private static final long ITEMS = 1024;

  private static final int WEIGHTS_PER_ITEM = 32;

  /** Parts of a row of items for each core of a processor, so that none waits long for another. */
  private static final int PARTS = 4;

  /** Pixels whose numbers a processor's items read in turn. */
  private static final int STRIP = 256;

  private final OpenClDevice device;
  private final Tile tile;
  private final Scratch packed;
  private final Scratch zeros;
  private final Scratch read;
  private final Scratch written;

  DirectConv(OpenClDevice device, Tile tile) {
    this.device = device;
    this.tile = tile;
    this.packed = new Scratch(device);
    this.zeros = new Scratch(device);
    this.read = new Scratch(device);
    this.written = new Scratch(device);
  }

  @Override
  public void forward(ConvShape s, DType storage, Memory x, Memory w, Memory y) {
    convolve(s, storage, x, w, y, true);
  }

  @Override
  public void backwardData(ConvShape s, DType storage, Memory gradY, Memory w, Memory gradX) {
    convolve(s, storage, gradY, w, gradX, false);
  }

  /** Forward from x to y, or from y's gradient to that of x. */
  private void convolve(
      ConvShape s, DType storage, Memory from, Memory w, Memory to, boolean isForward) {
    if (isWidened(storage)) {
      long inputs = isForward ? inputs(s) : outputs(s);
      long results = isForward ? outputs(s) : inputs(s);
      Memory wide = written.atLeast(results);
      convolve(s, DType.F32, widened(read, storage, from, inputs), w, wide, isForward);
      kernel("slice_from_float", storage).launch(results, wide, to, 0L, results);
      return;
    }
    int depth = isForward ? s.in() : s.out();
    int columns = isForward ? s.out() : s.in();
    int lanes = divisor(tile.lanes, columns);
    int vectors = divisor(tile.vectors, columns / lanes);
    int blocks = columns / lanes / vectors;
    int places = s.kernel() * s.kernel();
    Memory matrices = packed.atLeast((long) places * depth * columns);
    long rows = (long) blocks * places * depth;
    kernel("pack", storage, lanes, vectors, tile.numbers)
        .launch(rows, w, matrices, places, depth, columns, isForward ? 1 : 0, rows);
    Kernel convolve = kernel("convolve", storage, lanes, vectors, tile.numbers);
    int down = isForward ? 1 : s.stride();
    int outHeight = isForward ? s.outHeight() : s.height();
    int outWidth = isForward ? s.outWidth() : s.width();
    for (int h = 0; h < Math.min(down, outHeight); h++) {
      for (int v = 0; v < Math.min(down, outWidth); v++) {
        int lines = (outHeight - h + down - 1) / down;
        int line = (outWidth - v + down - 1) / down;
        long pixels = (long) s.batch() * lines * line;
        Rows r = Rows.of(device, divideUp(pixels, tile.numbers), blocks);
        convolve.launchRows(
            r.rows,
            r.row,
            from,
            matrices,
            zeros.zeros(depth),
            to,
            isForward ? s.height() : s.outHeight(),
            isForward ? s.width() : s.outWidth(),
            depth,
            outHeight,
            outWidth,
            columns,
            s.kernel(),
            isForward ? s.stride() : 1,
            isForward ? -s.pad() : s.pad(),
            isForward ? s.dilation() : -s.dilation(),
            down,
            h,
            v,
            lines,
            line,
            pixels,
            blocks,
            r.across ? 1 : 0,
            r.rows,
            r.row);
      }
    }
  }

  /** How the items of {@code convolve} lie. */
  private record Rows(boolean across, long rows, int row) {
    static Rows of(OpenClDevice device, long tiles, int blocks) {
      if (device.isGpuGrid()) {
        return new Rows(true, tiles, blocks);
      }
      int row = Math.toIntExact(divideUp(tiles, (long) PARTS * device.units()));
      return new Rows(false, blocks * divideUp(tiles, row), row);
    }
  }

  @Override
  public void backwardWeights(ConvShape s, DType storage, Memory x, Memory gradY, Memory gradW) {
    if (isWidened(storage)) {
      Memory wideX = widened(read, storage, x, inputs(s));
      backwardWeights(s, DType.F32, wideX, widened(written, storage, gradY, outputs(s)), gradW);
      return;
    }
    int lanes = divisor(tile.lanes, s.in());
    int vectors = divisor(tile.vectors, s.in() / lanes);
    int numbers = divisor(tile.numbers, s.out());
    long weights = (long) s.out() * s.kernel() * s.kernel() * s.in();
    long tiles = weights / lanes / vectors / numbers;
    // Not a matter of the tile: sums are then the same for all of them.
    long lines = (long) s.batch() * s.outHeight();
    long wanted =
        device.isGpuGrid()
            ? divideUp(ITEMS * device.units() * WEIGHTS_PER_ITEM, weights)
            : device.units();
    int chunks = (int) Math.max(1, Math.min(Math.min(wanted, lines), MOST_SUMS / weights));
    long parts = device.isGpuGrid() ? 1 : divideUp((long) PARTS * device.units(), chunks);
    int row = Math.toIntExact(divideUp(tiles, Math.min(tiles, parts)));
    long rows = chunks * divideUp(tiles, row);
    Memory sums = chunks == 1 ? gradW : packed.atLeast(chunks * weights);
    kernel("weights_gradient", storage, lanes, vectors, numbers)
        .launchRows(
            rows,
            row,
            x,
            gradY,
            sums,
            s.height(),
            s.width(),
            s.in(),
            s.outHeight(),
            s.outWidth(),
            s.out(),
            s.kernel(),
            s.stride(),
            s.pad(),
            s.dilation(),
            device.isGpuGrid() ? Integer.MAX_VALUE : Math.max(1, STRIP / s.outWidth()),
            lines,
            chunks,
            tiles,
            rows,
            row);
    if (chunks > 1) {
      long n = weights / lanes;
      kernel("merge", storage, lanes, vectors, numbers).launch(n, sums, gradW, chunks, n);
    }
  }

  private static long inputs(ConvShape s) {
    return (long) s.batch() * s.height() * s.width() * s.in();
  }

  private static long outputs(ConvShape s) {
    return (long) s.batch() * s.outHeight() * s.outWidth() * s.out();
  }

  private static long divideUp(long a, long b) {
    return (a + b - 1) / b;
  }

  /**
   * A power of two that divides n: {@code most}'s own, a fourth of it, and so on, so that there are
   * few different kernels to compile.
   */
  private static int divisor(int most, int n) {
    int divisor = Integer.highestOneBit(most);
    while (n % divisor != 0) {
      divisor = Math.max(1, divisor / 4);
    }
    return divisor;
  }

  /** A processor turns one half to float as slowly as sixteen, and here each of them many times. */
  private boolean isWidened(DType storage) {
    return storage == DType.F16 && device.info().isCpu();
  }

  private Memory widened(Scratch scratch, DType storage, Memory from, long n) {
    Memory floats = scratch.atLeast(n);
    kernel("slice_to_float", storage).launch(n, from, floats, 0L, n);
    return floats;
  }

  private Kernel kernel(String function, DType storage) {
    return device.kernel(KernelSpec.of("im2col.cu", function, storage, 1));
  }

  private Kernel kernel(String function, DType storage, int lanes, int vectors, int numbers) {
    Map<String, Integer> defines = new HashMap<>(KernelSpec.defines(storage, lanes));
    defines.put("VECTORS", vectors);
    defines.put("TILE", numbers);
    return device.kernel(KernelSpec.of(FILE, function, defines));
  }

  @Override
  public long scratchBytes() {
    return packed.bytes() + zeros.bytes() + read.bytes() + written.bytes();
  }

  @Override
  public void close() {
    packed.close();
    zeros.close();
    read.close();
    written.close();
  }
}
