package sakd.bench;

import sakd.device.DType;
import sakd.device.Device;
import sakd.device.IdleDevice;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.train.TrainStep;

/** The most memory that a training step of some {@link StepBench.Work} takes, with SGD. */
public final class StepMemory {
  private StepMemory() {}

  /**
   * What a step came to.
   *
   * @param peak most bytes in tensors at a time
   * @param kept bytes of them that stay between steps: weights, gradients, the optimizer's state, a
   *     batch
   * @param own bytes that the device holds for itself beside them
   */
  public record Peak(long peak, long kept, long own) {}

  /**
   * The very step on a device that computes nothing, which takes no time and no memory.
   *
   * @param like a device whose answers decide over sizes; null for none in particular
   */
  public static Peak computed(StepBench.Work work, DType storage, Device like) {
    try (Ops ops = new KernelOps(like == null ? new IdleDevice() : new IdleDevice(like))) {
      return of(ops, storage, work, false);
    }
  }

  /** A step on this device. */
  public static Peak measured(Ops ops, StepBench.Work work, DType storage) {
    return of(ops, storage, work, true);
  }

  private static Peak of(Ops ops, DType storage, StepBench.Work work, boolean drawn) {
    try (WorkStep all = new WorkStep(ops, storage, work, drawn);
        TrainStep step = all.step()) {
      ops.resetPeak();
      all.run(step);
      ops.device().synchronize();
      long own = ops.device().ownBytes();
      Ops.MemoryReport report = ops.memoryReport();
      return new Peak(report.peak() - own, report.current() - own, own);
    }
  }
}
