package sakd.ops;

import java.nio.charset.StandardCharsets;
import java.util.List;
import sakd.base.Numbers;
import sakd.base.UserError;
import sakd.device.Communicator;
import sakd.device.Device;
import sakd.device.MpiCommunicator;
import sakd.device.RankWatch;
import sakd.device.cpu.HostDevice;
import sakd.device.cpu.HostMemory;
import sakd.device.cuda.CudaDevice;
import sakd.device.cuda.NcclCommunicator;
import sakd.device.opencl.OpenClDevice;
import sakd.ranks.World;

/** Which device each of several processes takes, and what adds up on it. */
final class RankDevices {
  /** With which launchers and users leave a process some of the GPUs. */
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private RankDevices() {}

  /**
   * This process's device, by its full name: of GPUs each process of a machine takes its own.
   *
   * @param name as {@code --device} takes it, of a known kind
   * @throws UserError if a number is in it that others would take too, there are fewer GPUs than
   *     processes, or rank 0 computes on another kind of device
   */
  static String of(String name, World world) {
    String kind = Backend.kind(name);
    String first =
        new String(world.broadcast(kind.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    if (!kind.equals(first)) {
      throw new UserError(
          "rank 0 computes on "
              + first
              + " but this machine would on "
              + kind
              + "; expected one kind of device on all machines, give it with --device");
    }
    if (name.contains(":")) {
      if (world.localSize() > 1) {
        throw new UserError(
            String.format(
                "--device %s would be the device of all %d processes on this machine; expected %s,"
                    + " of which each takes its own, leave the number out",
                name, world.localSize(), kind));
      }
      return name;
    }
    return switch (kind) {
      case "cuda" -> "cuda:" + cuda(world, CudaDevice.count(), System.getenv(VISIBLE) != null);
      case "opencl" -> openCl(world, OpenClDevice.list());
      default -> kind;
    };
  }

  /**
   * Which GPU.
   *
   * @param shown whether the process was given some of the machine's
   */
  static int cuda(World world, int count, boolean shown) {
    boolean own = count == 1 && shown;
    return own ? 0 : require(world, count, "CUDA device");
  }

  private static int require(World world, int count, String what) {
    if (world.localSize() > count) {
      throw new UserError(
          String.format(
              "%d processes train on this machine, which has %s; expected a device for each,"
                  + " start as many processes as devices",
              world.localSize(), Numbers.count(count, what)));
    }
    return world.localRank();
  }

  /** A processor is shared, GPUs are not. */
  static String openCl(World world, List<OpenClDevice.Info> devices) {
    List<OpenClDevice.Info> gpus = devices.stream().filter(OpenClDevice.Info::isGpu).toList();
    if (gpus.isEmpty()) {
      return "opencl";
    }
    return gpus.get(require(world, gpus.size(), "OpenCL GPU")).id();
  }

  /** NCCL between CUDA devices, MPI between all others. */
  static Communicator communicator(Device device, World world) {
    if (world.size() == 1) {
      return Communicator.ALONE;
    }
    if (device instanceof CudaDevice cuda) {
      return NcclCommunicator.of(
          cuda, world.rank(), world.size(), world::broadcast, new Watch(world));
    }
    return device instanceof HostDevice
        ? MpiCommunicator.inPlace(world, device, memory -> ((HostMemory) memory).address())
        : MpiCommunicator.copying(world, device);
  }

  /** Tells the others how far this rank is. */
  private static final class Watch implements RankWatch {
    private final World world;
    private long told;
    private long waiting;

    Watch(World world) {
      this.world = world;
    }

    @Override
    public void begin(long collective) {
      waiting = collective - told;
      told = collective;
      world.begin(waiting);
    }

    @Override
    public void end() {
      world.end(waiting);
    }
  }
}
