package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.device.KernelSpec;
import sakd.device.Memory;

class CpuDeviceTest {
  private static final KernelSpec FILL =
      KernelSpec.of("elementwise.cu", "fill", Map.of("STORAGE", 0, "LANES", 1));

  /** Two devices of one process compile to the same shared objects; closing one unloads none. */
  @Test
  void closingADeviceLeavesTheKernelsOfAnother() {
    assumeTrue(CpuDevice.hasCompiler(), "no C++ compiler");
    try (CpuDevice device = CpuDevice.open();
        Memory memory = device.allocate(4)) {
      var fill = device.kernel(FILL);
      try (CpuDevice other = CpuDevice.open()) {
        other.kernel(FILL);
      }
      fill.launch(1, memory, 3f, 1L);
      ByteBuffer value = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
      device.download(memory, value);
      assertEquals(3f, value.getFloat(0));
    }
  }
}
