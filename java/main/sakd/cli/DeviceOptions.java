package sakd.cli;

import picocli.CommandLine.Option;
import sakd.device.DType;
import sakd.ops.Backend;
import sakd.ops.Ops;
import sakd.ranks.World;

/** Where to compute, and in which precision activations are stored. */
final class DeviceOptions {
  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda[:i]|opencl[:p:d]",
      defaultValue = "auto",
      description = "Device; auto takes the first that works (default: ${DEFAULT-VALUE}).")
  private String device;

  /** Storage of activations. */
  enum Amp {
    BF16,
    FP16,
    OFF
  }

  @Option(
      names = "--amp",
      paramLabel = "bf16|fp16|off",
      description =
          "Mixed precision: activations in 16 bits, fp16 with loss scaling; weights, statistics and "
              + "arithmetic stay float32 (default: bf16 where the device is faster with it, else off).")
  private Amp amp;

  Ops open() {
    return open(World.ALONE);
  }

  /** The device of this one of several processes. */
  Ops open(World world) {
    return Backend.open(device, world);
  }

  /** cuda, opencl or cpu. */
  String kind() {
    return Backend.kind(device);
  }

  DType storage(Ops ops) {
    return amp == null ? Backend.fastestStorage(ops) : Backend.require(ops, storage());
  }

  /** Where no device decides: float32 unless another is asked for. */
  DType storage() {
    return switch (amp == null ? Amp.OFF : amp) {
      case OFF -> DType.F32;
      case BF16 -> DType.BF16;
      case FP16 -> DType.F16;
    };
  }
}
