package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUevent;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;
import sakd.device.KernelParameters;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.device.Pending;
import sakd.device.Turn;

/**
 * An NVIDIA GPU. Work goes to one stream, or beside it to a second one; uploads overtake both
 * through a third ({@link CudaTransfers}).
 */
public final class CudaDevice implements Device {
  /** A line of the second-level cache, and more than cuDNN, cuBLAS and our vectors ask for. */
  static final int ALIGNMENT = 128;

  /** Bytes that one access moves at most. */
  private static final int WIDEST_ACCESS = 16;

  /** The narrowest, where time is too long for registers that hold wider ones of all its steps. */
  private static final int NARROWEST_ACCESS = 8;

  /** Bytes of each tensor that a backward kernel holds (MOST_HELD in kernels/portable_cuda.h). */
  private static final int MOST_HELD = 64;

  /**
   * Blocks of a reduction on each multiprocessor: what it holds at a time of those with most
   * registers, so that all run together and end together. Their loads, eight of 16 bytes in each of
   * 512 threads, are 64 KiB in flight; an H100 moves 3.35 TB/s with 0.7 microseconds' delay, which
   * is 18 KiB for each of its 132 multiprocessors. More blocks would only be more to merge.
   */
  private static final long BLOCKS_PER_UNIT = 2;

  /** A block loads so many of its rows at a time; a chunk of fewer is all merge. */
  private static final long LEAST_PASSES = 8;

  private static final long BANDWIDTH_BYTES = 256L << 20;

  private final Turn turn = new Turn(this::name);
  private final CudaContext context;
  private final CudaModules modules;
  private final BinaryCache cache;
  private final Map<KernelSpec, CudaKernel> kernels = new HashMap<>();
  private final CudaKernel.Arguments arguments = CudaKernel.Arguments.of(this);
  private final CudaTransfers transfers;
  private final Set<CudaMemory> live = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Those of {@link #live} that are workspaces and buffers of the classes beside this one. */
  private final Set<CudaMemory> ownMemory = Collections.newSetFromMap(new IdentityHashMap<>());

  private final Set<CudaGraph> graphs = Collections.newSetFromMap(new IdentityHashMap<>());
  private final List<CudaMemory> afterGraphs = new ArrayList<>();
  private final String hardware;
  private final CudaCompiler.Architecture architecture;
  private final CudaCompiler compiler;
  private final int units;
  private final boolean warps;
  private CudaMatrix matrix;
  private boolean noted;

  private CudaDevice(CudaContext context, CudaCompiler compiler, BinaryCache cache) {
    this.context = context;
    this.compiler = compiler;
    this.cache = cache;
    this.hardware = readName();
    this.architecture =
        new CudaCompiler.Architecture(
            context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
            context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
    this.units = context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    this.warps = context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE) == Kernel.WARP;
    this.modules = new CudaModules(context, compiler, architecture, cache);
    this.transfers = new CudaTransfers(this);
  }

  /** How many GPUs can be used; if none, {@link #whyNone} says why. */
  public static int count() {
    return CudaLibraries.find().devices();
  }

  /** Whether there is a GPU with its driver, usable or not. */
  public static boolean hasGpu() {
    return CudaLibraries.find().gpu();
  }

  /** What is missing, or empty. */
  public static String whyNone() {
    return CudaLibraries.find().missing();
  }

  /** What adds that, or empty. */
  public static String remedy() {
    return CudaLibraries.find().remedy();
  }

  /**
   * The GPU of this index, as the driver counts.
   *
   * @throws UserError if there is none or something is missing
   */
  public static CudaDevice open(int index) {
    return open(index, BinaryCache.ofUser("cuda"));
  }

  static CudaDevice open(int index, BinaryCache cache) {
    CudaLibraries.Found found = CudaLibraries.find();
    if (found.devices() == 0) {
      throw new UserError(
          "device cuda:"
              + index
              + " cannot be used: "
              + found.missing()
              + (found.remedy().isEmpty() ? "" : "; what helps: " + found.remedy()));
    }
    if (index >= found.devices()) {
      throw new UserError(
          "there is no device cuda:" + index + "; the last is cuda:" + (found.devices() - 1));
    }
    CudaContext context = new CudaContext(index);
    try {
      return new CudaDevice(context, found.compiler(), cache);
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  private String readName() {
    byte[] text = new byte[256];
    CudaErrors.check(
        "asking for a name", JCudaDriver.cuDeviceGetName(text, text.length, context.device()));
    String name = new String(text, StandardCharsets.UTF_8);
    return name.substring(0, name.indexOf('\0'));
  }

  @Override
  public String name() {
    return context.name();
  }

  @Override
  public Turn turn() {
    return turn;
  }

  @Override
  public String description() {
    int[] driver = new int[1];
    long[] memory = new long[1];
    CudaErrors.check("asking for its version", JCudaDriver.cuDriverGetVersion(driver));
    CudaErrors.check("asking for memory", JCudaDriver.cuDeviceTotalMem(memory, context.device()));
    return String.format(
        Locale.ROOT,
        "%s, %.1f GiB, %s, driver for CUDA %d.%d; %s (%s)%s; kernels by %s",
        hardware,
        memory[0] / (double) (1L << 30),
        architecture,
        driver[0] / 1000,
        driver[0] % 1000 / 10,
        matrix().name(),
        CudaLibraries.origin(),
        NcclLibrary.version().map(version -> ", NCCL " + version).orElse(""),
        compiler.version());
  }

  @Override
  public int alignment() {
    return ALIGNMENT;
  }

  /** bfloat16 is of sm_80 and later. */
  @Override
  public boolean supports(DType storage) {
    return storage == DType.F32
        || storage == DType.F16
        || (storage == DType.BF16 && architecture.major() >= 8);
  }

  @Override
  public int preferredLanes(DType storage, int steps) {
    int bytes = WIDEST_ACCESS;
    while (bytes > NARROWEST_ACCESS && bytes * steps > MOST_HELD) {
      bytes /= 2;
    }
    return bytes / storage.size;
  }

  /** Here a row is what a block takes at a time, and a column a block's. */
  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    long wanted = Math.min(BLOCKS_PER_UNIT * units / columns, rows / LEAST_PASSES);
    return (int) Math.max(1, wanted);
  }

  @Override
  public boolean hasWarps() {
    return warps;
  }

  @Override
  public CudaMemory allocate(long bytes) {
    return turn.during(
        () -> {
          context.makeCurrent();
          context.requireNotRecording("the allocation of " + bytes + " bytes");
          CudaMemory.Address address = new CudaMemory.Address();
          int status = JCudaDriver.cuMemAlloc(address, Math.max(1, bytes));
          if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            long[] free = new long[1];
            long[] total = new long[1];
            JCudaDriver.cuMemGetInfo(free, total);
            throw new OutOfDeviceMemory(
                String.format(
                    Locale.ROOT,
                    "%s has %.1f of %.1f MiB free, too few for %.1f MiB more; choose a smaller"
                        + " --batch-size or --T, or --amp bf16",
                    name(),
                    free[0] / (double) (1 << 20),
                    total[0] / (double) (1 << 20),
                    bytes / (double) (1 << 20)));
          }
          CudaErrors.check("allocating " + bytes + " bytes on " + name(), status);
          CudaMemory memory = CudaMemory.of(this, address, bytes);
          live.add(memory);
          return memory;
        });
  }

  @Override
  public long ownBytes() {
    return ownMemory.stream().mapToLong(Memory::bytes).sum();
  }

  @Override
  public void upload(ByteBuffer from, Memory to) {
    turn.during(
        () -> {
          context.makeCurrent();
          transfers.upload(from, own(to));
        });
  }

  @Override
  public void download(Memory from, ByteBuffer to) {
    turn.during(
        () -> {
          context.makeCurrent();
          transfers.download(own(from), to);
        });
  }

  @Override
  public void copy(Memory from, Memory to) {
    turn.during(
        () -> {
          if (from.bytes() != to.bytes()) {
            throw new IllegalArgumentException(
                "copy of " + from.bytes() + " bytes to memory of " + to.bytes());
          }
          context.makeCurrent();
          if (from.bytes() > 0) {
            CudaErrors.check(
                "a copy on " + name(),
                JCudaDriver.cuMemcpyDtoDAsync(
                    own(to).pointer(), own(from).pointer(), from.bytes(), context.work()));
          }
        });
  }

  @Override
  public void zero(Memory memory) {
    turn.during(
        () -> {
          context.makeCurrent();
          CudaMemory own = own(memory);
          if (memory.bytes() > 0) {
            CudaErrors.check(
                "zeroing memory on " + name(),
                JCudaDriver.cuMemsetD8Async(
                    own.pointer(), (byte) 0, memory.bytes(), context.work()));
          }
        });
  }

  @Override
  public Kernel kernel(KernelSpec spec) {
    return turn.during(
        () -> {
          context.makeCurrent();
          CudaKernel kernel = kernels.get(spec);
          if (kernel == null) {
            KernelParameters parameters = KernelParameters.of(spec.file(), spec.function());
            kernel = new CudaKernel(this, parameters, modules.function(spec), arguments);
            kernels.put(spec, kernel);
          }
          return kernel;
        });
  }

  @Override
  public Optional<CapturedGraph> capture(Runnable work) {
    return turn.during(
        () -> {
          Optional<CudaGraph> graph = CudaGraph.record(this, work);
          graph.ifPresent(graphs::add);
          return graph.map(CapturedGraph.class::cast);
        });
  }

  @Override
  public Pending beside(Runnable work) {
    return turn.during(
        () -> {
          return context.beside(work);
        });
  }

  @Override
  public MatrixLibrary matrix() {
    return turn.during(
        () -> {
          context.makeCurrent();
          if (matrix == null) {
            matrix = new CudaMatrix(this, cache);
          }
          return matrix;
        });
  }

  @Override
  public void synchronize() {
    turn.during(
        () -> {
          context.makeCurrent();
          context.synchronize();
        });
  }

  /** Bytes a second that a copy within the device reads and writes together, measured. */
  public double copyBandwidth() {
    context.makeCurrent();
    CUevent before = context.newEvent(0);
    CUevent after = context.newEvent(0);
    try (CudaMemory from = allocate(BANDWIDTH_BYTES);
        CudaMemory to = allocate(BANDWIDTH_BYTES)) {
      int copies = 10;
      copy(from, to);
      CudaErrors.check("timing", JCudaDriver.cuEventRecord(before, context.work()));
      for (int i = 0; i < copies; i++) {
        copy(from, to);
      }
      CudaErrors.check("timing", JCudaDriver.cuEventRecord(after, context.work()));
      synchronize();
      float[] milliseconds = new float[1];
      CudaErrors.check("timing", JCudaDriver.cuEventElapsedTime(milliseconds, before, after));
      return 2.0 * copies * BANDWIDTH_BYTES / (milliseconds[0] * 1e-3);
    } finally {
      JCudaDriver.cuEventDestroy(before);
      JCudaDriver.cuEventDestroy(after);
    }
  }

  @Override
  public void close() {
    turn.end(this::closeAll);
  }

  private void closeAll() {
    context.makeCurrent();
    synchronize();
    closeGraphs();
    if (matrix != null) {
      matrix.close();
    }
    transfers.close();
    List.copyOf(live).forEach(CudaMemory::close);
    kernels.clear();
    modules.close();
    context.close();
  }

  // ---- for the classes beside this one ----

  CudaContext context() {
    return context;
  }

  /** Memory that counts among {@link #ownBytes}. */
  CudaMemory allocateOwn(long bytes) {
    CudaMemory memory = allocate(bytes);
    ownMemory.add(memory);
    return memory;
  }

  /** The GPU's name. */
  String hardware() {
    return hardware;
  }

  int units() {
    return units;
  }

  /** How many images were compiled rather than read from disk. */
  int compiled() {
    return modules.compiled();
  }

  /** The entry on disk of a kernel. */
  String cacheKey(KernelSpec spec) {
    return modules.cacheKey(spec);
  }

  /** What that entry holds, compiled anew and not loaded. */
  byte[] compile(KernelSpec spec) {
    return modules.compile(spec);
  }

  /** Says something about this device, once. */
  void note(String text) {
    if (!noted) {
      noted = true;
      System.err.println("note: " + text);
    }
  }

  /** Called by memory that was closed. */
  void forget(CudaMemory memory) {
    live.remove(memory);
    ownMemory.remove(memory);
  }

  /** What was recorded is launched no more. */
  void closeGraphs() {
    List.copyOf(graphs).forEach(CudaGraph::close);
  }

  /** Called by a graph that was closed. */
  void forget(CudaGraph graph) {
    graphs.remove(graph);
    if (graphs.isEmpty()) {
      afterGraphs.forEach(CudaMemory::close);
      afterGraphs.clear();
    }
  }

  /** Frees memory that a graph may still use when there is none any more. */
  void closeAfterGraphs(CudaMemory memory) {
    if (graphs.isEmpty()) {
      memory.close();
    } else {
      afterGraphs.add(memory);
    }
  }

  CudaMemory own(Memory memory) {
    if (memory instanceof CudaMemory own && own.belongsTo(this)) {
      return own;
    }
    throw new IllegalArgumentException("the memory is not of device " + name());
  }
}
