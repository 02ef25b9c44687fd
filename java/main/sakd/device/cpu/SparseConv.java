package sakd.device.cpu;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import sakd.base.Processors;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/**
 * Convolution of activations that are mostly zero (kernels/host/sparse_conv.cu). Which inputs are
 * such shows in a sample, taken at the same places each time, so that the result depends on nothing
 * but the arguments.
 */
final class SparseConv implements AutoCloseable {
  private static final String FILE = "host/sparse_conv.cu";
  private static final int LANES = Isa.lanes();

  private static final int LEAST_CHANNELS = 32;

  /**
   * The share of numbers that are not zero up to which it is faster (measured with AVX512): than
   * direct convolution, than Winograd's, and than units for bfloat16.
   */
  private static final double MOST = 0.4;

  private static final double MOST_FORWARD_WINOGRAD = 0.25;
  private static final double MOST_FORWARD_BF16 = 0.22;
  private static final double MOST_WEIGHTS_BF16 = 0.28;

  /** Numbers looked at to tell how many are zero: their share is then known to 0.01. */
  private static final int SAMPLE = 4096;

  /** Bytes from the first on that are looked at, as many as Java can span. */
  private static final long MOST_SAMPLED = 1 << 30;

  /** Vectors of output channels that a sum is made of at most, forward and for the weights. */
  private static final int BLOCK = 4;

  private static final int BLOCK_WEIGHTS = 2;

  /** Channels whose weights are read together at most. */
  private static final int GROUP = 64;

  /** Pixels of a strip: what it lists and sums stays in a second-level cache. */
  private static final int STRIP = 512;

  /** Strips of a thread at least, so that none waits long for another. */
  private static final int LEAST_STRIPS = 2;

  /** The gradient by the weights is summed apart by every thread. */
  private static final long MOST_BYTES = 128L << 20;

  private final Function<KernelSpec, Kernel> kernels;
  private final Map<String, HostMemory> scratch = new HashMap<>();

  SparseConv(Function<KernelSpec, Kernel> kernels) {
    this.kernels = kernels;
  }

  /** Whether it is the faster way forward. */
  static boolean suits(ConvShape s, DType storage, Memory x) {
    if (Isa.hasAmx() || !suits(s)) {
      // AMX multiplies spikes faster (SpikeConv).
      return false;
    }
    double most =
        hasUnits(storage)
            ? MOST_FORWARD_BF16
            : WinogradConv.suits(s, storage) ? MOST_FORWARD_WINOGRAD : MOST;
    return density(s, storage, x) <= most;
  }

  /** Whether it is the faster way to the gradient by w. */
  static boolean suitsWeights(ConvShape s, DType storage, Memory x) {
    return suits(s)
        && s.stride() == 1
        && !(Isa.hasAmx() && storage == DType.BF16)
        && 4 * weights(s) * Processors.count() <= MOST_BYTES
        && density(s, storage, x) <= (hasUnits(storage) ? MOST_WEIGHTS_BF16 : MOST);
  }

  private static boolean hasUnits(DType storage) {
    return storage == DType.BF16 && Isa.hasBf16();
  }

  /** Of few channels, or of a window of one pixel, lists are too short. */
  private static boolean suits(ConvShape s) {
    return s.kernel() > 1 && s.in() % LEAST_CHANNELS == 0 && s.out() % LEAST_CHANNELS == 0;
  }

  /** Roughly the share of numbers of x that are not zero. */
  private static double density(ConvShape s, DType storage, Memory x) {
    long bytes = (long) s.batch() * s.height() * s.width() * s.in() * storage.size;
    ByteBuffer numbers = ((HostMemory) x).buffer(0, (int) Math.min(bytes, MOST_SAMPLED));
    int size = numbers.limit() / storage.size;
    int count = Math.min(size, SAMPLE);
    // Odd, so that every channel is met.
    long step = size / count | 1;
    int found = 0;
    for (int i = 0; i < count; i++) {
      int at = (int) (i * step % size) * storage.size;
      found += (storage == DType.F32 ? numbers.getInt(at) : numbers.getShort(at)) == 0 ? 0 : 1;
    }
    return (double) found / count;
  }

  private static long weights(ConvShape s) {
    return (long) s.out() * s.kernel() * s.kernel() * s.in();
  }

  /** The largest of {@code most}, a half of it and so on that divides n. */
  private static int divisor(int most, int n) {
    int divisor = most;
    while (n % divisor != 0) {
      divisor /= 2;
    }
    return divisor;
  }

  void forward(ConvShape s, DType storage, Memory x, Memory w, Memory y) {
    int block = divisor(BLOCK, s.out() / LANES);
    int group = divisor(GROUP, s.in());
    int chunks = chunks(s.outHeight() * s.batch());
    int strip = strip(s.outHeight() * s.batch(), s.outWidth(), chunks);
    long crossings = (strip - 1L) / s.outHeight() + 1;
    long rows = (strip - 1L) * s.stride() + s.reach() + crossings * (s.reach() + s.stride());
    long entries = rows * s.width() * (s.in() + (long) LANES * (s.in() / group)) + LANES;
    long starts = rows * (s.width() + 1L) * (s.in() / group);
    Memory packed = scratch("packed", weights(s));
    long items = weights(s) / LANES / block / LANES;
    kernel("pack_weights", storage, block)
        .launch(items, w, packed, s.kernel(), s.in(), group, items);
    kernel("sparse_forward", storage, block)
        .launch(
            chunks,
            x,
            packed,
            y,
            scratch("places", chunks * entries),
            scratch("values", chunks * entries),
            scratch("starts", chunks * starts),
            scratch("sums", (long) chunks * strip * s.outWidth() * LANES * block),
            entries,
            starts,
            s.batch(),
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
            group,
            strip,
            chunks);
  }

  void backwardWeights(ConvShape s, DType storage, Memory x, Memory gradY, Memory gradW) {
    int block = divisor(BLOCK_WEIGHTS, s.out() / LANES);
    int chunks = chunks(s.height() * s.batch());
    int strip = strip(s.height() * s.batch(), s.width(), chunks);
    long entries = (long) strip * s.width() * s.in();
    int border = s.pad() + s.reach() - 1;
    long rows = strip + s.reach() + ((strip - 1L) / s.height() + 1) * border;
    long padded = rows * (s.width() + border) * LANES * block;
    Memory sums = scratch("sums", chunks * weights(s));
    kernel("sparse_weights", storage, block)
        .launch(
            chunks,
            x,
            gradY,
            sums,
            scratch("places", chunks * entries),
            scratch("values", chunks * entries),
            scratch("starts", (long) chunks * s.in()),
            scratch("packed", chunks * padded),
            padded,
            s.batch(),
            s.height(),
            s.width(),
            s.in(),
            s.outHeight(),
            s.outWidth(),
            s.out(),
            s.kernel(),
            s.pad(),
            s.dilation(),
            strip,
            chunks);
    long items = weights(s) / LANES / block / LANES;
    kernel("merge_sums", storage, block)
        .launch(items, sums, gradW, s.kernel(), s.in(), s.out(), chunks, items);
  }

  /** Rows of a strip, of which every chunk has some. */
  private static int strip(int rows, int width, int chunks) {
    return Math.max(1, Math.min(STRIP / width, rows / (LEAST_STRIPS * chunks)));
  }

  private static int chunks(int rows) {
    return Math.min(Processors.count(), rows);
  }

  /** Memory for so many numbers of 32 bits, as large as the largest so far. */
  private Memory scratch(String name, long numbers) {
    return scratch.compute(
        name,
        (n, memory) ->
            memory == null
                ? HostMemory.allocate(4 * numbers)
                : HostMemory.atLeast(memory, 4 * numbers));
  }

  private Kernel kernel(String function, DType storage, int block) {
    Map<String, Integer> defines = new HashMap<>(KernelSpec.defines(storage, LANES));
    defines.put("BLOCK", block);
    return kernels.apply(KernelSpec.of(FILE, function, defines));
  }

  @Override
  public void close() {
    scratch.values().forEach(HostMemory::close);
    scratch.clear();
  }
}
