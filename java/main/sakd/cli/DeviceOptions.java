package sakd.cli;

import picocli.CommandLine.Option;
import sakd.device.DType;
import sakd.ops.Backend;
import sakd.ops.Ops;

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
    AUTO,
    BF16,
    FP16,
    OFF
  }

  @Option(
      names = "--amp",
      paramLabel = "auto|bf16|fp16|off",
      defaultValue = "auto",
      description =
          "Storage of activations; auto is bf16 where the device multiplies it faster "
              + "(default: ${DEFAULT-VALUE}).")
  private Amp amp;

  Ops open() {
    return Backend.open(device);
  }

  DType storage(Ops ops) {
    return switch (amp) {
      case OFF -> DType.F32;
      case BF16 -> Backend.require(ops, DType.BF16);
      case FP16 -> Backend.require(ops, DType.F16);
      case AUTO -> Backend.fastestStorage(ops);
    };
  }
}
