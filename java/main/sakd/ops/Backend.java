package sakd.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import sakd.base.EditDistance;
import sakd.base.Processors;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.cpu.CpuDevice;
import sakd.device.cpu.ReferenceDevice;
import sakd.device.cuda.CudaDevice;
import sakd.device.opencl.OpenClDevice;
import sakd.io.UserFolders;
import sakd.ranks.World;

/** Finds the devices of this machine and opens one by name. */
public final class Backend {
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");
  private static final Pattern OPENCL = Pattern.compile("opencl(?::(\\d{1,3})(?::(\\d{1,3}))?)?");

  private Backend() {}

  /**
   * A device, or why it is missing.
   *
   * @param name as {@code --device} takes it
   * @param description what it is, or what is missing
   * @param remedy the command that would add it, or empty
   */
  public record Found(String name, boolean available, String description, String remedy) {}

  /** Every kind of device, there or not. */
  public static List<Found> list() {
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < CudaDevice.count(); i++) {
      try (CudaDevice cuda = CudaDevice.open(i)) {
        found.add(
            new Found(
                cuda.name(),
                true,
                String.format(
                    Locale.ROOT,
                    "%s; copies %.0f GB/s",
                    cuda.description(),
                    cuda.copyBandwidth() / 1e9),
                ""));
      }
    }
    if (CudaDevice.count() == 0) {
      found.add(new Found("cuda", false, CudaDevice.whyNone(), CudaDevice.remedy()));
    }
    if (CpuDevice.hasCompiler()) {
      try (CpuDevice cpu = CpuDevice.open()) {
        found.add(new Found("cpu", true, cpu.description(), ""));
      }
    } else {
      found.add(
          new Found(
              "cpu",
              true,
              CpuDevice.processor() + "; no C++ compiler, so the kernels run in plain Java, slowly",
              "apt-get install g++"));
    }
    List<OpenClDevice.Info> opencl = OpenClDevice.list();
    for (OpenClDevice.Info info : opencl) {
      found.add(
          new Found(
              info.id(),
              true,
              String.format(
                  Locale.ROOT,
                  "%s (%s, %d MiB)",
                  info.name(),
                  info.platformName(),
                  info.memory() >> 20),
              ""));
    }
    if (opencl.isEmpty()) {
      found.add(
          new Found(
              "opencl",
              false,
              OpenClDevice.whyNone(),
              "apt-get install pocl-opencl-icd (for the processor), or your GPU's driver"));
    }
    return found;
  }

  /**
   * Opens by name; auto takes the first that works: CUDA, an OpenCL GPU, then the processor.
   *
   * @throws UserError if there is no such device
   */
  public static Ops open(String name) {
    return open(name, World.ALONE);
  }

  /**
   * The same for one of several processes, each of which opens its own: of a machine's GPUs the one
   * with its number, or its share of the processors.
   *
   * @throws UserError if there is no such device, or none for each process
   */
  public static Ops open(String name, World world) {
    UserFolders.settle();
    if (name.equals("auto") && CudaDevice.count() == 0 && CudaDevice.hasGpu()) {
      note(world, CudaDevice.whyNone() + "; to use it: " + CudaDevice.remedy());
    }
    if (world.size() > 1) {
      Processors.share(world.processors(), world.localSize());
    }
    String kind = kind(name);
    String own = world.size() == 1 ? name : RankDevices.of(name, world);
    return switch (kind) {
      case "cuda" -> {
        Matcher m = CUDA.matcher(own);
        boolean numbered = m.matches() && m.group(1) != null;
        yield kernels(CudaDevice.open(numbered ? Integer.parseInt(m.group(1)) : 0), world);
      }
      case "opencl" -> kernels(openCl(own), world);
      default -> cpu(world);
    };
  }

  /**
   * What a name comes to here: cuda, opencl or cpu.
   *
   * @throws UserError if it is no name
   */
  public static String kind(String name) {
    if (name.equals("auto")) {
      return CudaDevice.count() > 0 ? "cuda" : openClGpu().isPresent() ? "opencl" : "cpu";
    }
    if (name.equals("cpu") || CUDA.matcher(name).matches() || OPENCL.matcher(name).matches()) {
      return name.split(":", 2)[0];
    }
    throw new UserError(
        "unknown device '"
            + name
            + "'; expected auto, cpu, cuda[:i] or opencl[:p:d], did you mean "
            + nearest(name)
            + "? The command devices lists what there is");
  }

  private static Optional<OpenClDevice.Info> openClGpu() {
    return OpenClDevice.list().stream().filter(OpenClDevice.Info::isGpu).findFirst();
  }

  private static OpenClDevice openCl(String name) {
    if (name.equals("auto")) {
      OpenClDevice.Info gpu = openClGpu().orElseThrow();
      return OpenClDevice.open(gpu.platform(), gpu.device());
    }
    Matcher m = OPENCL.matcher(name);
    boolean platform = m.matches() && m.group(1) != null;
    boolean device = platform && m.group(2) != null;
    return OpenClDevice.open(
        platform ? Integer.parseInt(m.group(1)) : 0, device ? Integer.parseInt(m.group(2)) : 0);
  }

  private static Ops kernels(Device device, World world) {
    try {
      return new KernelOps(device, RankDevices.communicator(device, world));
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  /** One process says it for all. */
  private static void note(World world, String text) {
    if (world.rank() == 0) {
      System.err.println("note: " + text);
    }
  }

  /** What a mistyped name was to be; a GPU asked for as such is CUDA's. */
  private static String nearest(String name) {
    String kind = name.toLowerCase(Locale.ROOT).split(":", 2)[0];
    String nearest = EditDistance.nearest(kind, List.of("auto", "cpu", "cuda", "opencl", "gpu"));
    return nearest.equals("gpu") ? "cuda" : nearest;
  }

  private static Ops cpu(World world) {
    if (!CpuDevice.hasOneDnn()) {
      note(
          world,
          "oneDNN is not part of this distribution, so convolution on the processor is slow; to have"
              + " it, build from source");
    }
    if (CpuDevice.hasCompiler()) {
      return kernels(CpuDevice.open(), world);
    }
    note(
        world,
        "no C++ compiler, so the kernels run in plain Java, slowly; to add one: apt-get install g++");
    ReferenceDevice device =
        new ReferenceDevice("cpu", CpuDevice.matrixLibrary(), Set.of(DType.F32));
    return new ReferenceOps(device, device.matrix(), RankDevices.communicator(device, world));
  }

  /**
   * What the device multiplies fastest: bf16 on CUDA of sm_80 and later, fp16 before; bf16 where
   * the processor multiplies it in tiles; else F32.
   */
  public static DType fastestStorage(Ops ops) {
    if (ops.device() instanceof CudaDevice) {
      return ops.device().supports(DType.BF16) ? DType.BF16 : DType.F16;
    }
    return ops.device() instanceof CpuDevice && CpuDevice.hasAmx() ? DType.BF16 : DType.F32;
  }

  /**
   * The storage type itself.
   *
   * @throws UserError if the device does not have it
   */
  public static DType require(Ops ops, DType storage) {
    if (!ops.device().supports(storage)) {
      throw new UserError(
          "device "
              + ops.device().name()
              + " does not store activations in "
              + storage.label()
              + "; use --amp off");
    }
    return storage;
  }
}
