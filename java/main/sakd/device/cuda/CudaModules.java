package sakd.device.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import sakd.device.BinaryCache;
import sakd.device.KernelSources;
import sakd.device.KernelSpec;

/** Compiles kernel files, each once for every set of definitions, and keeps the images on disk. */
final class CudaModules implements AutoCloseable {
  private final CudaContext context;
  private final CudaCompiler compiler;
  private final CudaCompiler.Architecture target;
  private final BinaryCache cache;
  private final Map<KernelSpec.Unit, CUmodule> modules = new HashMap<>();
  private int compiled;

  CudaModules(
      CudaContext context,
      CudaCompiler compiler,
      CudaCompiler.Architecture target,
      BinaryCache cache) {
    this.context = context;
    this.compiler = compiler;
    this.target = target;
    this.cache = cache;
  }

  /** How many images were compiled rather than read from disk. */
  int compiled() {
    return compiled;
  }

  CUfunction function(KernelSpec spec) {
    CUmodule module = modules.get(spec.unit());
    if (module == null) {
      context.requireNotRecording("the compiling of kernels/" + spec.file());
      module = load(spec);
      modules.put(spec.unit(), module);
    }
    CUfunction function = new CUfunction();
    CudaErrors.check(
        "finding kernel " + spec.function() + " in kernels/" + spec.file(),
        JCudaDriver.cuModuleGetFunction(function, module, spec.function()));
    return function;
  }

  static List<String> options(KernelSpec spec) {
    // A product and a sum are rounded one by one, as on the other devices (kernels/portable.h).
    List<String> options = new ArrayList<>(List.of("-std=c++17", "--fmad=false"));
    options.addAll(spec.options());
    return options;
  }

  /** The name of the entry on disk. */
  String cacheKey(KernelSpec spec) {
    return KernelSources.sha256(
        KernelSources.load(spec),
        String.join(" ", options(spec)),
        target.toString(),
        compiler.version());
  }

  /** The image, to be kept under {@link #cacheKey}. */
  byte[] compile(KernelSpec spec) {
    return compiler.compile(spec.file(), KernelSources.load(spec), options(spec), target);
  }

  private CUmodule load(KernelSpec spec) {
    String key = cacheKey(spec);
    CUmodule module = new CUmodule();
    Optional<byte[]> kept = cache.read(key);
    // A driver may refuse the image of a compiler that is newer: then it is compiled again, and the
    // driver's reason is given.
    if (kept.isPresent()
        && JCudaDriver.cuModuleLoadData(module, kept.get()) == CUresult.CUDA_SUCCESS) {
      return module;
    }
    byte[] image = compile(spec);
    compiled++;
    CudaErrors.check(
        "loading kernels/" + spec.file() + " compiled by " + compiler.version() + " for " + target,
        JCudaDriver.cuModuleLoadData(module, image));
    cache.write(key, image);
    return module;
  }

  @Override
  public void close() {
    modules.values().forEach(JCudaDriver::cuModuleUnload);
    modules.clear();
  }
}
