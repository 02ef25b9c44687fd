package sakd.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.device.cpu.ReferenceDevice;
import sakd.device.cuda.CudaDevice;
import sakd.device.opencl.OpenClDevice;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.ReferenceOps;

/**
 * The devices that the contract of {@link Ops} is tested on: all that work on this machine, opened
 * once and kept, with their compiled kernels, for the whole run. The system property {@code
 * sakd.test.devices} leaves only those whose names begin so, such as {@code opencl:1}; and the
 * reference, which all are held to.
 */
public final class Devices {
  private static final String WANTED = System.getProperty("sakd.test.devices", "");

  private static final List<Ops> OPEN = open();

  private Devices() {}

  /** To add a device, add its Ops here where the machine has it. */
  private static List<Ops> open() {
    List<Ops> open = new ArrayList<>(List.of(reference()));
    if (isWanted("cpu") && CpuDevice.hasCompiler()) {
      open.add(new KernelOps(CpuDevice.open()));
    }
    OpenClDevice.list().stream()
        .filter(d -> isWanted("opencl:" + d.platform() + ":" + d.device()))
        .findFirst()
        .ifPresent(d -> open.add(new KernelOps(OpenClDevice.open(d.platform(), d.device()))));
    if (isWanted("cuda:0") && CudaDevice.count() > 0) {
      Ops cuda = new KernelOps(CudaDevice.open(0));
      open.add(cuda);
      // The stand-in of the driver ends a process that leaves anything open.
      Runtime.getRuntime().addShutdownHook(new Thread(cuda::close));
    }
    return open;
  }

  private static boolean isWanted(String name) {
    return name.startsWith(WANTED);
  }

  /** For {@link EachDevice}, by name. */
  public static Stream<Named<Ops>> all() {
    return OPEN.stream().map(ops -> Named.of(ops.device().name(), ops));
  }

  /**
   * Whether the device is not its own processor but runs on this one: the stand-in of
   * native-tests/hostcuda, OpenCL on a processor. The cpu device runs all specialisations of the
   * kernels; of those whose one text is compiled many times, such a device need run a sample only.
   */
  public static boolean isEmulated(Ops ops) {
    return ops.device().description().startsWith("hostcuda")
        || ops.device() instanceof OpenClDevice opencl && opencl.info().isCpu();
  }

  /** The devices with kernels: all but the reference. */
  public static Stream<Named<Ops>> compiled() {
    return all().filter(d -> d.getPayload() instanceof KernelOps);
  }

  /**
   * The devices for whole trainings, which compile all kernels of a network: those with kernels,
   * OpenCL only where there is no CUDA, which has float16 too.
   */
  public static Stream<Named<Ops>> forTraining() {
    boolean cuda = OPEN.stream().anyMatch(ops -> ops.device() instanceof CudaDevice);
    return compiled().filter(d -> !(cuda && d.getPayload().device() instanceof OpenClDevice));
  }

  /** Those of them with float16. */
  public static Stream<Named<Ops>> halvesForTraining() {
    return forTraining().filter(d -> d.getPayload().device().supports(DType.F16));
  }

  /** A new oracle. */
  public static ReferenceOps reference() {
    ReferenceDevice device = new ReferenceDevice();
    return new ReferenceOps(device, device.matrix());
  }
}
