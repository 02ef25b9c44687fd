package sakd.ops;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.io.UserError;

/** Finds the devices of this machine and opens one by name. */
public final class Backend {
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
    if (CpuDevice.hasCompiler()) {
      try (CpuDevice cpu = CpuDevice.open()) {
        found.add(new Found("cpu", true, cpu.description(), ""));
      }
    }
    return found;
  }

  /** Opens by name; auto takes the first that works: an OpenCL GPU, the processor. */
  public static Ops open(String name) {
    if (name.equals("auto") || name.equals("cpu")) {
      return new KernelOps(CpuDevice.open());
    }
    throw new UserError("unknown device '" + name + "'; expected auto, cpu or opencl[:p:d]");
  }

  /** bf16 where the processor multiplies it in tiles, else F32. */
  public static DType fastestStorage(Ops ops) {
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
              + storage
              + "; use --amp off");
    }
    return storage;
  }
}
