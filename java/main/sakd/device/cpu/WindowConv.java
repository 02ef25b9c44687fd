package sakd.device.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.dnnl.memory;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/**
 * Convolution of small images as a matrix product over their windows. oneDNN's direct convolutions
 * work along image rows and lose most of their speed where a row has only 4 or 8 pixels; its matrix
 * product does not care, and is right where a direct one is not.
 */
final class WindowConv implements AutoCloseable {
  /** Pixels of an output image up to which the product is faster (measured with AMX and AVX512). */
  private static final int SMALL_AREA = 16;

  /**
   * The same for the weights' gradient in bfloat16, where the direct one is slowest; there 1x1
   * windows, which take no room, always pay.
   */
  private static final int SMALL_AREA_WEIGHTS = 64;

  /** Channels that the kernels take at a time, where there are multiples of so many. */
  private static final int LANES = Isa.lanes();

  /** Channels of the widest vectors that oneDNN has. */
  private static final int DIRECT_LANES = 16;

  /** The windows are kernel * kernel times the image: too many do not pay. */
  private static final long MOST_BYTES = 128L << 20;

  private record Key(int pass, ConvShape shape, DType storage) {}

  private final OneDnn dnn;
  private final Function<KernelSpec, Kernel> kernels;
  private final Map<Key, OneDnn.Matmul> products = new HashMap<>();
  private final Map<Key, OneDnn.Copy> turns = new HashMap<>();
  private HostMemory windows = HostMemory.allocate(1 << 20);

  /** The gradient of y, transposed: the product is faster over rows that lie in a line. */
  private HostMemory turned = HostMemory.allocate(1 << 20);

  WindowConv(OneDnn dnn, Function<KernelSpec, Kernel> kernels) {
    this.dnn = dnn;
    this.kernels = kernels;
  }

  /** Whether it is the faster way forward, and to the gradient by x. */
  static boolean suits(ConvShape s) {
    return area(s) <= SMALL_AREA && fits(s);
  }

  /** Whether it is the faster way to the gradient by w, or the only right one. */
  static boolean suitsWeights(ConvShape s, DType storage) {
    boolean slowest = storage != DType.F32;
    boolean small = area(s) <= (slowest ? SMALL_AREA_WEIGHTS : SMALL_AREA);
    boolean faster = small || (slowest && s.kernel() == 1) || hasNoDirectWeights(s);
    return (faster && fits(s)) || isDirectWrong(s, storage);
  }

  /**
   * Whether oneDNN 3.11 computes the gradient by the weights wrongly. 1x1 windows of fewer channels
   * than a vector has are gathered into less memory than they take, which spoils what lies behind
   * (https://github.com/uxlfoundation/oneDNN/issues/6035). In 16 bits a row of x is split into as
   * many as the stride, and those without any pixel are read though nothing was written there.
   */
  private static boolean isDirectWrong(ConvShape s, DType storage) {
    return (s.kernel() == 1 && s.stride() > 1 && s.in() < DIRECT_LANES)
        || (storage != DType.F32 && s.width() < s.stride());
  }

  /**
   * Whether oneDNN has no direct convolution for the gradient by the weights: it then lays out
   * windows too, and mostly takes 5 to 40 percent longer (measured with AVX512).
   */
  private static boolean hasNoDirectWeights(ConvShape s) {
    return s.dilation() > 1 && (s.stride() > 1 || s.reach() > s.height() || s.reach() > s.width());
  }

  private static int area(ConvShape s) {
    return s.outHeight() * s.outWidth();
  }

  private static boolean fits(ConvShape s) {
    return s.in() % LANES == 0 && 4 * rows(s) * depth(s) <= MOST_BYTES;
  }

  private static long rows(ConvShape s) {
    return (long) s.batch() * s.outHeight() * s.outWidth();
  }

  private static long depth(ConvShape s) {
    return (long) s.kernel() * s.kernel() * s.in();
  }

  void forward(ConvShape s, DType storage, Memory x, Memory w, Memory y) {
    Memory col = windows(s, storage, x);
    products
        .computeIfAbsent(
            new Key(0, s, storage),
            k ->
                dnn.matmul(
                    s.out(),
                    depth(s),
                    OneDnn.rowMajor(rows(s), depth(s), OneDnn.type(storage)),
                    OneDnn.type(storage),
                    OneDnn.columnMajor(depth(s), s.out(), memory.data_type.f32),
                    OneDnn.rowMajor(rows(s), s.out(), OneDnn.type(storage))))
        .run(col, w, y);
  }

  void backwardData(ConvShape s, DType storage, Memory gradY, Memory w, Memory gradX) {
    windows = HostMemory.atLeast(windows, 4 * rows(s) * depth(s));
    products
        .computeIfAbsent(
            new Key(1, s, storage),
            k ->
                dnn.matmul(
                    depth(s),
                    s.out(),
                    OneDnn.rowMajor(rows(s), s.out(), OneDnn.type(storage)),
                    OneDnn.type(storage),
                    OneDnn.rowMajor(s.out(), depth(s), memory.data_type.f32),
                    OneDnn.rowMajor(rows(s), depth(s), memory.data_type.f32)))
        .run(gradY, w, windows);
    long pixels = (long) s.batch() * s.height() * s.width();
    launch("col2im", s, storage, pixels, windows, gradX);
  }

  void backwardWeights(ConvShape s, DType storage, Memory x, Memory gradY, Memory gradW) {
    Memory col = windows(s, storage, x);
    turned = HostMemory.atLeast(turned, storage.size * rows(s) * s.out());
    turns
        .computeIfAbsent(
            new Key(2, s, storage),
            k ->
                dnn.copy(
                    OneDnn.columnMajor(s.out(), rows(s), OneDnn.type(storage)),
                    OneDnn.rowMajor(s.out(), rows(s), OneDnn.type(storage))))
        .run(gradY, turned);
    products
        .computeIfAbsent(
            new Key(2, s, storage),
            k ->
                dnn.matmul(
                    depth(s),
                    rows(s),
                    OneDnn.rowMajor(s.out(), rows(s), OneDnn.type(storage)),
                    null,
                    OneDnn.rowMajor(rows(s), depth(s), OneDnn.type(storage)),
                    OneDnn.rowMajor(s.out(), depth(s), memory.data_type.f32)))
        .run(turned, col, gradW);
  }

  /** [rows, kernel, kernel, in] in storage type; of 1x1 windows at stride 1 the image itself. */
  private Memory windows(ConvShape s, DType storage, Memory x) {
    if (s.kernel() == 1 && s.stride() == 1 && s.pad() == 0) {
      return x;
    }
    windows = HostMemory.atLeast(windows, storage.size * rows(s) * depth(s));
    launch("windows", s, storage, rows(s), x, windows);
    return windows;
  }

  private void launch(
      String function, ConvShape s, DType storage, long rows, Memory from, Memory to) {
    int lanes = s.in() % LANES == 0 ? LANES : 1;
    Kernel kernel = kernels.apply(KernelSpec.of("im2col.cu", function, storage, lanes));
    int columns = s.in() / lanes;
    kernel.launchRows(
        rows,
        columns,
        from,
        to,
        0L,
        s.height(),
        s.width(),
        s.outHeight(),
        s.outWidth(),
        s.kernel(),
        s.stride(),
        s.pad(),
        s.dilation(),
        rows,
        columns);
  }

  @Override
  public void close() {
    products.clear();
    turns.clear();
    windows.close();
    turned.close();
  }
}
