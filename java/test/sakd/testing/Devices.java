package sakd.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import sakd.device.cpu.CpuDevice;
import sakd.device.cpu.ReferenceDevice;
import sakd.device.cuda.CudaDevice;
import sakd.device.opencl.OpenClDevice;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.ReferenceOps;

/**
 * The devices that the contract of {@link Ops} is tested on: all that work on this machine, opened
 * once and kept, with their compiled kernels, for the whole run.
 */
public final class Devices {
  private static final List<Ops> OPEN = open();

  private Devices() {}

  /** To add a device, add its Ops here where the machine has it. */
  private static List<Ops> open() {
    List<Ops> open = new ArrayList<>(List.of(reference()));
    if (CpuDevice.hasCompiler()) {
      open.add(new KernelOps(CpuDevice.open()));
    }
    OpenClDevice.list().stream()
        .findFirst()
        .ifPresent(d -> open.add(new KernelOps(OpenClDevice.open(d.platform(), d.device()))));
    if (CudaDevice.count() > 0) {
      Ops cuda = new KernelOps(CudaDevice.open(0));
      open.add(cuda);
      // The stand-in of the driver ends a process that leaves anything open.
      Runtime.getRuntime().addShutdownHook(new Thread(cuda::close));
    }
    return open;
  }

  /** For {@link EachDevice}, by name. */
  public static Stream<Named<Ops>> all() {
    return OPEN.stream().map(ops -> Named.of(ops.device().name(), ops));
  }

  /** Whether the device is the stand-in of native-tests/hostcuda, not a GPU. */
  public static boolean isStandIn(Ops ops) {
    return ops.device().description().startsWith("hostcuda");
  }

  /** A new oracle. */
  public static ReferenceOps reference() {
    ReferenceDevice device = new ReferenceDevice();
    return new ReferenceOps(device, device.matrix());
  }
}
