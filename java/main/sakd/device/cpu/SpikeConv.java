package sakd.device.cpu;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/**
 * Float32 convolution of spikes on matrix units that multiply bfloat16 (AMX), with nothing lost:
 * spikes are bfloat16 numbers as they are, and each weight is the sum of three. Three products in
 * bfloat16 are faster than one in float32. Whether the input is such is looked up each time, so the
 * result depends on nothing but the arguments.
 */
final class SpikeConv implements AutoCloseable {
  private static final int LANES = 16;

  /** Items of {@link #LANES} numbers that one thread looks through at a time. */
  private static final int CHUNK = 4096;

  /** Numbers looked at first: an input that is not spikes shows at once. */
  private static final int SAMPLE = 256;

  private static final Map<String, Integer> DEFINES = KernelSpec.defines(DType.BF16, LANES);

  private final OneDnn dnn;
  private final Function<KernelSpec, Kernel> kernels;
  private final Map<ConvShape, DnnConv[]> convs = new HashMap<>();
  private HostMemory spikes = HostMemory.allocate(1 << 20);
  private HostMemory inexact = HostMemory.allocate(1 << 12);
  private HostMemory rounded = HostMemory.allocate(1 << 20);
  private HostMemory parts = HostMemory.allocate(1 << 20);

  SpikeConv(OneDnn dnn, Function<KernelSpec, Kernel> kernels) {
    this.dnn = dnn;
    this.kernels = kernels;
  }

  static boolean suits(ConvShape s) {
    return s.in() % LANES == 0 && s.out() % LANES == 0;
  }

  /** Computes y if x is exact in bfloat16, else returns false and leaves y as it is. */
  boolean forward(ConvShape s, Memory x, Memory w, Memory y) {
    long size = (long) s.batch() * s.height() * s.width() * s.in();
    if (!narrow(x, size)) {
      return false;
    }
    long weights = (long) s.out() * s.kernel() * s.kernel() * s.in();
    rounded = HostMemory.atLeast(rounded, 2 * weights);
    parts = HostMemory.atLeast(parts, 3 * 4 * weights);
    kernel("split").launch(weights / LANES, w, rounded, parts, weights / LANES);
    DnnConv[] three =
        convs.computeIfAbsent(s, k -> new DnnConv[] {dnn.spikes(k, false), dnn.spikes(k, true)});
    for (int k = 0; k < 3; k++) {
      three[Math.min(k, 1)].run(spikes, parts.view(4L * k * weights, 4L * weights), y);
    }
    return true;
  }

  private boolean narrow(Memory x, long size) {
    var sample = ((HostMemory) x).buffer(0, (int) (4 * Math.min(SAMPLE, size)));
    while (sample.hasRemaining()) {
      if ((sample.getInt() & 0xffff) != 0) {
        return false;
      }
    }
    long items = size / LANES;
    int chunks = Math.toIntExact((items + CHUNK - 1) / CHUNK);
    spikes = HostMemory.atLeast(spikes, 2 * size);
    inexact = HostMemory.atLeast(inexact, 4L * chunks);
    kernel("narrow").launch(chunks, x, spikes, inexact, items, CHUNK, chunks);
    var flags = inexact.buffer(0, 4 * chunks);
    while (flags.hasRemaining()) {
      if (flags.getInt() != 0) {
        return false;
      }
    }
    return true;
  }

  private Kernel kernel(String function) {
    return kernels.apply(KernelSpec.of("exact.cu", function, DEFINES));
  }

  @Override
  public void close() {
    convs.clear();
    spikes.close();
    inexact.close();
    rounded.close();
    parts.close();
  }
}
