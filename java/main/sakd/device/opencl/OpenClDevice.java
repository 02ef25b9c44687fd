package sakd.device.opencl;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_mem;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;
import sakd.device.KernelParameters;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.device.Turn;
import sakd.device.WorkSize;

/** A GPU or processor through OpenCL 1.2, with one in-order queue. */
public final class OpenClDevice implements Device {
  private static final int SMALLEST_ALIGNMENT = 64;

  /**
   * What {@link #list} says of a device.
   *
   * @param platform index of the platform, the first number in {@code --device opencl:p:d}
   * @param device index of the device in it, the second
   * @param memory bytes
   */
  public record Info(
      int platform,
      int device,
      String name,
      String platformName,
      long memory,
      boolean isGpu,
      boolean isCpu) {
    /** How {@code --device} names it. */
    public String id() {
      return "opencl:" + platform + ":" + device;
    }
  }

  private final Turn turn = new Turn(this::name);
  private final Info info;
  private final cl_device_id id;
  private final cl_context context;
  private final cl_command_queue queue;
  private final ClPrograms programs;
  private final Map<KernelSpec, ClKernel> kernels = new HashMap<>();
  private final Set<ClMemory> live = Collections.newSetFromMap(new IdentityHashMap<>());
  private final String driver;
  private final int alignment;
  private final int units;
  private final int largestGroup;
  private final int floatLanes;
  private final long largestBuffer;
  private final boolean gpuGrid;
  private ClMatrix matrix;
  private boolean closed;

  /** The devices of this machine; empty, never an exception, where there is no OpenCL. */
  public static List<Info> list() {
    return OpenClPlatforms.find().devices().stream().map(OpenClPlatforms.Entry::info).toList();
  }

  /** Why {@link #list} is empty, with what to install; an empty text where it is not. */
  public static String whyNone() {
    return OpenClPlatforms.find().whyNone();
  }

  /**
   * Opens a device by its numbers in {@link #list}.
   *
   * @throws UserError if there is no such device
   */
  public static OpenClDevice open(int platform, int device) {
    OpenClPlatforms.Entry entry = entry(platform, device);
    return new OpenClDevice(entry, BinaryCache.ofUser("opencl"), !entry.info().isCpu());
  }

  /** With a cache and a shape of grid of the caller's choice, for tests. */
  static OpenClDevice open(int platform, int device, BinaryCache cache, boolean gpuGrid) {
    return new OpenClDevice(entry(platform, device), cache, gpuGrid);
  }

  private static OpenClPlatforms.Entry entry(int platform, int device) {
    OpenClPlatforms.Found found = OpenClPlatforms.find();
    return found.devices().stream()
        .filter(e -> e.info().platform() == platform && e.info().device() == device)
        .findFirst()
        .orElseThrow(() -> new UserError(missing(platform, device, found)));
  }

  private static String missing(int platform, int device, OpenClPlatforms.Found found) {
    String there = String.join(", ", found.devices().stream().map(e -> e.info().id()).toList());
    return "there is no device opencl:"
        + platform
        + ":"
        + device
        + "; "
        + (there.isEmpty() ? found.whyNone() : "there is " + there);
  }

  private OpenClDevice(OpenClPlatforms.Entry entry, BinaryCache cache, boolean gpuGrid) {
    cl_device_id device = entry.device();
    this.info = entry.info();
    this.id = device;
    this.gpuGrid = gpuGrid;
    this.driver = ClInfo.deviceText(device, CL.CL_DRIVER_VERSION);
    // The alignment is given in bits.
    this.alignment =
        Math.max(
            SMALLEST_ALIGNMENT,
            (int) ClInfo.deviceNumber(device, CL.CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8);
    this.units = (int) ClInfo.deviceNumber(device, CL.CL_DEVICE_MAX_COMPUTE_UNITS);
    this.largestGroup = (int) ClInfo.deviceNumber(device, CL.CL_DEVICE_MAX_WORK_GROUP_SIZE);
    this.floatLanes = (int) ClInfo.deviceNumber(device, CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
    this.largestBuffer = ClInfo.deviceNumber(device, CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    cl_context_properties properties = new cl_context_properties();
    properties.addProperty(CL.CL_CONTEXT_PLATFORM, entry.platform());
    try {
      this.context =
          CL.clCreateContext(properties, 1, new cl_device_id[] {device}, null, null, null);
    } catch (CLException e) {
      throw ClErrors.failure("opening " + info.id(), e);
    }
    try {
      this.queue = createQueue(context, device);
    } catch (CLException e) {
      CL.clReleaseContext(context);
      throw ClErrors.failure("opening a queue on " + info.id(), e);
    }
    this.programs = new ClPrograms(context, device, target(), cache);
  }

  // The queue of OpenCL 1.2: drivers of every later version have it too, the other way round not.
  @SuppressWarnings("deprecation")
  private static cl_command_queue createQueue(cl_context context, cl_device_id device) {
    return CL.clCreateCommandQueue(context, device, 0, null);
  }

  @Override
  public String name() {
    return info.id();
  }

  @Override
  public Turn turn() {
    return turn;
  }

  @Override
  public String description() {
    return String.format(
        Locale.ROOT,
        "%s (%s, driver %s), %d compute units, %.1f GiB; %s",
        info.name(),
        info.platformName(),
        driver,
        units,
        info.memory() / (double) (1L << 30),
        ClBlast.NAME);
  }

  /** What {@link #list} says of this device. */
  public Info info() {
    return info;
  }

  @Override
  public int alignment() {
    return alignment;
  }

  @Override
  public boolean supports(DType storage) {
    return storage == DType.F32 || storage == DType.F16;
  }

  @Override
  public int preferredLanes(DType storage, int steps) {
    if (info.isCpu()) {
      return floatLanes >= 16 ? 16 : 8;
    }
    // A backward item holds the membrane and the gradients of all its steps in registers.
    return steps <= 4 ? 4 : steps <= 8 ? 2 : 1;
  }

  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    long wanted =
        info.isCpu()
            // A chunk is walked once for every item across, so it should stay in a core's cache.
            ? Math.max(4L * units, bytes >> 18)
            : Math.max(4096, 512L * units) / Math.max(1, columns);
    // The merge goes through the chunks one after the other; and a chunk of few rows is all merge.
    long most = Math.min(1024, Math.max(1, rows / 4));
    return (int) Math.max(1, Math.min(wanted, most));
  }

  @Override
  public Memory allocate(long bytes) {
    return turn.during(
        () -> {
          ensureOpen();
          if (bytes < 0 || bytes > largestBuffer) {
            throw new OutOfDeviceMemory(
                "a buffer of "
                    + bytes
                    + " bytes was asked for, and "
                    + name()
                    + " gives at most "
                    + largestBuffer
                    + "; choose a smaller --batch-size");
          }
          try {
            cl_mem buffer =
                CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, Math.max(1, bytes), null, null);
            ClMemory memory = ClMemory.of(this, buffer, bytes);
            live.add(memory);
            return memory;
          } catch (CLException e) {
            throw ClErrors.failure("allocating " + bytes + " bytes on " + name(), e);
          }
        });
  }

  @Override
  public long ownBytes() {
    return matrix == null ? 0 : matrix.scratchBytes();
  }

  @Override
  public void upload(ByteBuffer from, Memory to) {
    turn.during(
        () -> {
          ClTransfers.upload(queue(), from, own(to));
        });
  }

  @Override
  public void download(Memory from, ByteBuffer to) {
    turn.during(
        () -> {
          ClTransfers.download(queue(), own(from), to);
        });
  }

  @Override
  public void copy(Memory from, Memory to) {
    turn.during(
        () -> {
          ClTransfers.copy(queue(), own(from), own(to));
        });
  }

  @Override
  public void zero(Memory memory) {
    turn.during(
        () -> {
          ClTransfers.zero(queue(), own(memory));
        });
  }

  @Override
  public Kernel kernel(KernelSpec spec) {
    return turn.during(
        () -> {
          ensureOpen();
          ClKernel kernel = kernels.get(spec);
          if (kernel == null) {
            KernelParameters parameters = KernelParameters.of(spec.file(), spec.function());
            kernel = new ClKernel(this, parameters, programs.kernel(spec));
            kernels.put(spec, kernel);
          }
          return kernel;
        });
  }

  @Override
  public MatrixLibrary matrix() {
    return turn.during(
        () -> {
          ensureOpen();
          if (matrix == null) {
            matrix = new ClMatrix(this);
          }
          return matrix;
        });
  }

  @Override
  public void synchronize() {
    turn.during(
        () -> {
          try {
            CL.clFinish(queue());
          } catch (CLException e) {
            throw ClErrors.failure("waiting for " + name(), e);
          }
        });
  }

  @Override
  public void close() {
    turn.end(this::closeAll);
  }

  private void closeAll() {
    CL.clFinish(queue);
    if (matrix != null) {
      matrix.close();
    }
    List.copyOf(live).forEach(ClMemory::close);
    kernels.values().forEach(ClKernel::close);
    kernels.clear();
    programs.close();
    CL.clReleaseCommandQueue(queue);
    CL.clReleaseContext(context);
    closed = true;
  }

  // ---- for the classes beside this one ----

  cl_command_queue queue() {
    ensureOpen();
    return queue;
  }

  cl_device_id id() {
    return id;
  }

  /** Compute units: cores of a processor, multiprocessors of a GPU. */
  int units() {
    return units;
  }

  /** Names processor and driver: what was compiled or measured is good for no other. */
  String target() {
    return info.platformName() + ", " + info.name() + ", " + driver;
  }

  /** Whether neighbouring items run together, as a GPU's do; a processor's run one by one. */
  boolean isGpuGrid() {
    return gpuGrid;
  }

  /** Vector of float32 that it has instructions for. */
  int floatLanes() {
    return floatLanes;
  }

  ClPrograms programs() {
    return programs;
  }

  WorkSize line(long n) {
    return WorkSize.line(gpuGrid, units, largestGroup, n);
  }

  WorkSize matrixOf(long rows, long columns) {
    return WorkSize.matrix(gpuGrid, units, largestGroup, rows, columns);
  }

  /** Called by memory that was closed. */
  void forget(ClMemory memory) {
    live.remove(memory);
  }

  ClMemory own(Memory memory) {
    if (memory instanceof ClMemory own && own.belongsTo(this)) {
      return own;
    }
    throw new IllegalArgumentException("the memory is not of device " + name());
  }

  private void ensureOpen() {
    if (closed) {
      throw new IllegalStateException("device " + name() + " is closed");
    }
  }
}
