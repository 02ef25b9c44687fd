package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
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

  /** As in a distribution for GPUs: the classes of this program without oneDNN's beside them. */
  @Test
  void withoutOneDnnConvolutionIsPlainLoops() throws Exception {
    URL classes = CpuDevice.class.getProtectionDomain().getCodeSource().getLocation();
    try (URLClassLoader alone =
        new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader())) {
      Object matrix =
          alone.loadClass(CpuDevice.class.getName()).getMethod("matrixLibrary").invoke(null);
      assertSame(alone.loadClass(ReferenceMatrix.class.getName()), matrix.getClass());
    }
    try (MatrixLibrary matrix = CpuDevice.matrixLibrary()) {
      assertTrue(matrix.name().startsWith("oneDNN"), matrix.name());
    }
  }
}
