package sakd.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.device.cuda.CudaDevice;
import sakd.distill.Method;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.testing.TinyNetwork;
import sakd.train.Scale;

/** The memory of training steps that is computed is what they take. */
class StepMemoryTest {
  private static final Scale CHECKPOINTED = Scale.USUAL.checkpointed(true);

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("sakd.testing.Devices#forTraining")
  void computedIsWhatIsMeasured(Ops used) {
    Assumptions.assumeTrue(
        used.device() instanceof CpuDevice || used.device() instanceof CudaDevice);
    // A pool that others have used has pieces of their sizes.
    try (Ops fresh =
        new KernelOps(used.device() instanceof CpuDevice ? CpuDevice.open() : CudaDevice.open(0))) {
      computedIsMeasured(fresh);
    }
  }

  private static void computedIsMeasured(Ops ops) {
    var work = new StepBench.Work(TinyNetwork.SPEC, Method.SAKD, 16, 1, 4, 8, 2);
    for (Scale scale :
        new Scale[] {Scale.USUAL, CHECKPOINTED, new Scale(2, DType.F32, 0).checkpointed(true)}) {
      long before = ops.memoryReport().current() - ops.device().ownBytes();
      StepMemory.Peak computed = StepMemory.computed(work.with(scale), DType.F32, ops.device());
      StepMemory.Peak measured = StepMemory.measured(ops, work.with(scale), DType.F32);
      assertEquals(computed.peak(), measured.peak() - before, 0.03 * computed.peak(), "" + scale);
      assertEquals(computed.kept(), measured.kept() - before, 0.03 * computed.kept(), "" + scale);
      assertTrue(computed.kept() < computed.peak());
    }
  }

  /** A step at full size: its activations are a third of what they were, and less than 0.45. */
  @Test
  void aCheckpointedStepOfSewResNet50TakesLessThanHalf() {
    var network = Networks.named("sew-resnet50").withStem(NetworkSpec.Stem.IMAGENET);
    var work = new StepBench.Work(network, Method.DIRECT, 224, 3, 1000, 8, 4);
    long whole = StepMemory.computed(work, DType.BF16, null).peak();
    long checkpointed = StepMemory.computed(work.with(CHECKPOINTED), DType.BF16, null).peak();
    assertTrue(checkpointed <= 0.38 * whole, checkpointed + " bytes of " + whole);
  }
}
