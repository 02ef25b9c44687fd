package sakd.device.cpu;

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
 * Convolution of 3x3 windows with fewer products, in float32 (kernels/host/winograd.cu): twice as
 * fast as a direct one, where there are no units for narrower numbers.
 */
final class WinogradConv implements AutoCloseable {
  private static final String FILE = "host/winograd.cu";
  private static final int LANES = Isa.lanes();

  /** Pieces that a thread takes together: as many sums as vector registers have room for. */
  private static final int PIECES = Isa.has("avx512f") ? 16 : 12;

  /** Products of a piece. */
  private static final int PLACES = 16;

  /** Rows and columns below which too much of the pieces lies outside. */
  private static final int LEAST_SIZE = 4;

  private final Function<KernelSpec, Kernel> kernels;
  private HostMemory turned = HostMemory.allocate(1 << 10);
  private HostMemory pieces = HostMemory.allocate(1 << 10);

  WinogradConv(Function<KernelSpec, Kernel> kernels) {
    this.kernels = kernels;
  }

  /** Whether it is the faster way forward, and to the gradient by x. */
  static boolean suits(ConvShape s, DType storage) {
    return (storage == DType.F32 || !Isa.hasBf16())
        && s.kernel() == 3
        && s.stride() == 1
        && s.dilation() == 1
        && s.pad() <= 2
        && Math.min(s.outHeight(), s.outWidth()) >= LEAST_SIZE
        && s.in() % LANES == 0
        && s.out() % LANES == 0;
  }

  void forward(ConvShape s, DType storage, Memory x, Memory w, Memory y) {
    launch(s, storage, x, w, y, true);
  }

  void backwardData(ConvShape s, DType storage, Memory gradY, Memory w, Memory gradX) {
    launch(s, storage, gradY, w, gradX, false);
  }

  private void launch(
      ConvShape s, DType storage, Memory from, Memory w, Memory to, boolean isForward) {
    int depth = isForward ? s.in() : s.out();
    int columns = isForward ? s.out() : s.in();
    int chunks = Processors.count();
    turned = HostMemory.atLeast(turned, 4L * PLACES * depth * columns);
    pieces = HostMemory.atLeast(pieces, 4L * chunks * PLACES * PIECES * (depth + LANES));
    long n = (long) columns / LANES * depth;
    kernel("turn_weights", storage).launch(n, w, turned, depth, columns, isForward ? 1 : 0, n);
    kernel("winograd", storage)
        .launch(
            chunks,
            from,
            turned,
            to,
            pieces,
            s.batch(),
            isForward ? s.height() : s.outHeight(),
            isForward ? s.width() : s.outWidth(),
            depth,
            isForward ? s.outHeight() : s.height(),
            isForward ? s.outWidth() : s.width(),
            columns,
            isForward ? s.pad() : 2 - s.pad(),
            chunks);
  }

  private Kernel kernel(String function, DType storage) {
    Map<String, Integer> defines = new HashMap<>(KernelSpec.defines(storage, LANES));
    defines.put("PIECES", PIECES);
    return kernels.apply(KernelSpec.of(FILE, function, defines));
  }

  @Override
  public void close() {
    turned.close();
    pieces.close();
  }
}
