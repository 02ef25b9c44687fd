package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;
import sakd.testing.RecordingDevice;

/** Recorded work, and that nobody else's tensors lie where it writes. */
class CaptureTest {
  private static final int SIZE = 1000;

  private CpuDevice cpu;
  private RecordingDevice device;
  private Ops ops;
  private Tensor sum;

  @BeforeEach
  void open() {
    assumeTrue(CpuDevice.hasCompiler(), "kernels need a C++ compiler");
    cpu = CpuDevice.open();
    device = new RecordingDevice(cpu);
    ops = new KernelOps(device);
    sum = ops.allocate(DType.F32, SIZE);
    ops.fill(sum, 0);
  }

  @AfterEach
  void close() {
    if (ops != null) {
      ops.close();
      cpu.close();
    }
  }

  /** sum += 7, by way of temporary tensors of two sizes. */
  private void addSeven() {
    try (Tensor seven = ops.allocate(DType.F32, SIZE);
        Tensor other = ops.allocate(DType.F32, SIZE + 200)) {
      ops.fill(seven, 7);
      ops.fill(other, 9);
      ops.add(sum, seven);
    }
  }

  private void assertAll(float expected, Tensor t) {
    float[] values = new float[Math.toIntExact(t.size())];
    Arrays.fill(values, expected);
    assertArrayEquals(values, Transfers.floats(device, t));
  }

  @Test
  void whatIsRecordedRunsAtEachLaunchOnly() {
    addSeven();
    int asked = device.allocations();
    try (CapturedGraph graph = ops.capture(this::addSeven).orElseThrow()) {
      assertAll(7, sum);
      graph.launch();
      graph.launch();
      assertAll(21, sum);
      assertEquals(asked, device.allocations(), "the memory of the step before is enough");
    }
  }

  @Test
  void whatIsAllocatedAfterwardsSurvivesALaunch() {
    addSeven();
    CapturedGraph graph = ops.capture(this::addSeven).orElseThrow();
    Tensor mine = ops.allocate(DType.F32, SIZE);
    Tensor larger = ops.allocate(DType.F32, SIZE + 200);
    ops.fill(mine, 1);
    ops.fill(larger, 2);
    graph.launch();
    assertAll(1, mine);
    assertAll(2, larger);
    int asked = device.allocations();
    graph.close();
    addSeven();
    assertEquals(asked, device.allocations(), "a closed graph's memory is anybody's");
    assertAll(21, sum);
  }

  @Test
  void workBetweenLaunchesMayUseTheMemoryOfAGraph() {
    addSeven();
    try (CapturedGraph graph = ops.capture(this::addSeven).orElseThrow()) {
      int asked = device.allocations();
      ops.lend(this::addSeven);
      assertEquals(asked, device.allocations());
      graph.launch();
      assertAll(21, sum);
    }
  }

  @Test
  void whatCannotBeRecordedLeavesThePoolAsItWas() {
    addSeven();
    int asked = device.allocations();
    assertThrows(
        IllegalStateException.class,
        () ->
            ops.capture(
                () -> {
                  addSeven();
                  Transfers.floats(device, sum);
                }));
    addSeven();
    assertAll(14, sum);
    assertEquals(asked, device.allocations());
    assertTrue(cpu.capture(() -> {}).isEmpty(), "a device without graphs says so");
  }
}
