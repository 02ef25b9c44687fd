package sakd.device.cpu;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import sakd.base.Processors;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelArguments;
import sakd.device.KernelParameters;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * The processor, all cores that are ours: our kernels as host C++ and oneDNN. Both share one OpenMP
 * runtime, because oneDNN brings it along and is loaded first. Calls return when the work is done.
 * A distribution for GPUs may come without oneDNN.
 */
public final class CpuDevice extends HostDevice {
  /** Bytes a thread's reduction reads at a time: they stay in its second-level cache. */
  private static final long CHUNK_BYTES = 128 * 1024;

  /** More would make merging them, which runs over few channels, cost as much as the reduction. */
  private static final long MOST_CHUNKS = 256;

  /** A larger result has left the caches before it is read again. */
  private static final long STREAM_BYTES = 64L << 20;

  private final HostCompiler compiler;
  private final MatrixLibrary matrix;
  private final Map<KernelSpec, Kernel> kernels = new HashMap<>();
  private final KernelArguments arguments =
      new KernelArguments(memory -> ((HostMemory) memory).address());

  private CpuDevice(HostCompiler compiler) {
    this.matrix = hasOneDnn() ? new CpuMatrix(this::kernel) : new ReferenceMatrix();
    this.compiler = compiler;
  }

  /**
   * The processor with compiled kernels.
   *
   * @throws UserError if there is no C++ compiler ({@link #hasCompiler()})
   */
  public static CpuDevice open() {
    return new CpuDevice(
        HostCompiler.find()
            .orElseThrow(
                () ->
                    new UserError(
                        "no C++ compiler on the PATH to build the CPU kernels with; install one "
                            + "(Debian: apt-get install g++) or name it in CXX")));
  }

  public static boolean hasCompiler() {
    return HostCompiler.find().isPresent();
  }

  /** Whether oneDNN is on the class path; without it, convolution is plain loops. */
  public static boolean hasOneDnn() {
    try {
      Class.forName("org.bytedeco.dnnl.memory", false, CpuDevice.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** Convolution and matrix product alone, for when there is no compiler. */
  public static MatrixLibrary matrixLibrary() {
    return hasOneDnn() ? new OneDnn() : new ReferenceMatrix();
  }

  /** Whether the processor multiplies bfloat16 matrices in tiles (AMX). */
  public static boolean hasAmx() {
    return Isa.hasAmx();
  }

  /** Model name, cores that may be used and what speeds up bfloat16. */
  public static String processor() {
    String model = System.getProperty("os.arch");
    try {
      model =
          Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
              .filter(l -> l.startsWith("model name"))
              .findFirst()
              .map(l -> l.substring(l.indexOf(':') + 1).strip())
              .orElse(model);
    } catch (IOException e) {
      // Not Linux: the architecture has to do.
    }
    return Stream.of(model, Processors.text(), Isa.name())
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(", "));
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return processor() + "; " + matrix.name() + "; kernels by " + compiler.version();
  }

  @Override
  public boolean supports(DType storage) {
    return switch (storage) {
      case F32 -> true;
      case BF16 -> Isa.has("avx512bw") || hasAmx();
      default -> false;
    };
  }

  @Override
  public int preferredLanes(DType storage, int steps) {
    return Isa.lanes();
  }

  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    long chunks = Math.min(bytes / CHUNK_BYTES, MOST_CHUNKS);
    chunks = Math.max(chunks, 4L * Processors.count());
    return (int) Math.max(1, Math.min(chunks, rows));
  }

  @Override
  public boolean bypassesCache(Memory out) {
    return out.bytes() > STREAM_BYTES && ((HostMemory) out).address() % HostMemory.ALIGNMENT == 0;
  }

  @Override
  public Kernel kernel(KernelSpec spec) {
    return turn()
        .during(
            () -> {
              return kernels.computeIfAbsent(
                  spec,
                  s -> {
                    NativeLibrary library = compiler.load(s);
                    return new HostKernel(
                        library.getFunction(s.function()),
                        KernelParameters.of(s.file(), s.function()),
                        arguments,
                        turn());
                  });
            });
  }

  @Override
  public MatrixLibrary matrix() {
    return matrix;
  }

  @Override
  public void close() {
    turn()
        .end(
            () -> {
              kernels.clear();
              matrix.close();
            });
  }
}
