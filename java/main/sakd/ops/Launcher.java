package sakd.ops;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/** Kernels by storage and lanes, and their launches, for what {@link KernelOps} consists of. */
final class Launcher {
  private static final int LEAST_COUNTERS = 4096;

  private final DeviceOps ops;
  private final Map<List<Object>, Kernel> kernels = new HashMap<>();

  /** For each of the device's queues. */
  private final Memory[] counters = new Memory[2];

  Launcher(DeviceOps ops) {
    this.ops = ops;
    if (ops.device().hasWarps()) {
      for (int queue = 0; queue < counters.length; queue++) {
        counters[queue] = zeros(LEAST_COUNTERS);
      }
    }
  }

  /** The kernel for this storage and number of lanes. */
  Kernel kernel(String file, String function, DType storage, int lanes) {
    return kernels.computeIfAbsent(
        List.of(file, function, storage, lanes),
        k -> ops.device().kernel(KernelSpec.of(file, function, storage, lanes)));
  }

  /** As above, with a definition more, of 1. */
  Kernel kernel(String file, String function, DType storage, int lanes, String define) {
    return kernels.computeIfAbsent(
        List.of(file, function, storage, lanes, define),
        k -> {
          Map<String, Integer> defines = new HashMap<>(KernelSpec.defines(storage, lanes));
          defines.put(define, 1);
          return ops.device().kernel(KernelSpec.of(file, function, defines));
        });
  }

  /** The most lanes that divide {@code size}, up to what the device likes at T steps. */
  int lanes(long size, DType storage, int steps) {
    int lanes = ops.device().preferredLanes(storage, steps);
    while (size % lanes != 0) {
      lanes /= 2;
    }
    return lanes;
  }

  /**
   * At least n numbers that are 0 between launches, by which the blocks of a reduction of {@code
   * kernels/cuda} find out which of them is the last. Launches that may run at the same time do not
   * share them.
   */
  Memory counters(int n) {
    int queue = ops.isBeside() ? 1 : 0;
    if (counters[queue].bytes() < 4L * n) {
      // The smaller ones stay: a recorded graph uses them.
      counters[queue] = zeros(n);
    }
    return counters[queue];
  }

  private Memory zeros(int n) {
    Memory memory = ops.device().allocate(4L * n);
    ops.device().zero(memory);
    return memory;
  }

  /** The file's twin with kernels for warps, where the device has them. */
  String twin(String file) {
    return ops.device().hasWarps() ? "cuda/" + file : file;
  }

  /** Launches a float32 kernel of {@link #twin} for n items: a warp each, where there are any. */
  void each(String file, String function, long n, Object... arguments) {
    each(kernel(twin(file), function, DType.F32, 1), n, arguments);
  }

  /** As above, of a kernel at hand. */
  void each(Kernel kernel, long n, Object... arguments) {
    if (ops.device().hasWarps()) {
      kernel.launchWarps(n, arguments);
    } else {
      kernel.launch(n, arguments);
    }
  }

  /** Launches a FOR_EACH kernel of {@code storage} over a flat array, in vectors. */
  void flat(String file, String function, DType storage, long size, Object... arguments) {
    int lanes = lanes(size, storage, 1);
    Object[] all = new Object[arguments.length + 1];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = size / lanes;
    kernel(file, function, storage, lanes).launch(size / lanes, all);
  }
}
