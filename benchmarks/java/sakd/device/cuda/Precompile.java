package sakd.device.cuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import sakd.bench.KernelUse;
import sakd.device.BinaryCache;
import sakd.device.DType;
import sakd.device.KernelSpec;

/**
 * Fills a folder with compiled kernels, as {@code ~/.cache/sakd/cuda} of a machine whose GPU and
 * compiler are like those that this process finds. With the stand-ins of native-tests/hostcuda for
 * the driver and NVIDIA's own NVRTC, no GPU is needed, and one of sm_90 finds the kernels there.
 */
public final class Precompile {
  private Precompile() {}

  /** Compiles what the folder, the one argument, does not hold yet. */
  public static void main(String[] args) {
    if (args.length != 1) {
      System.err.println("expected one argument, the folder to fill");
      System.exit(2);
    }
    BinaryCache cache = new BinaryCache(Path.of(args[0]));
    try (CudaDevice device = CudaDevice.open(0)) {
      // One image holds all functions of a file that are compiled alike.
      Map<String, KernelSpec> entries = new TreeMap<>();
      List<KernelSpec> specs = new ArrayList<>(KernelUse.of(device));
      // Of the library, which is not asked for anything there.
      specs.add(ConvTrials.CHECKSUM);
      specs.add(PaddedConv.resizing(DType.BF16));
      specs.forEach(spec -> entries.putIfAbsent(device.cacheKey(spec), spec));
      entries.entrySet().parallelStream()
          .filter(entry -> cache.read(entry.getKey()).isEmpty())
          .forEach(entry -> cache.write(entry.getKey(), device.compile(entry.getValue())));
      System.out.println(entries.size() + " kernels for " + device.description());
    }
  }
}
