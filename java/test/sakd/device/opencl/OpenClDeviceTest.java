package sakd.device.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;

/** Memory, transfers, launches and messages. */
class OpenClDeviceTest {
  private static OpenClDevice device;

  // Before each rather than all, so that each test is reported as skipped where there is no device.
  @BeforeEach
  void open() {
    if (device == null) {
      device = OnDevice.open();
    }
  }

  @AfterAll
  static void close() {
    if (device != null) {
      device.close();
      device.close();
    }
  }

  @Test
  void saysWhatItIs() {
    assertTrue(device.name().matches("opencl:\\d+:\\d+"), device.name());
    assertTrue(device.description().contains(device.info().name()), device.description());
    assertEquals("", OpenClDevice.whyNone());
    assertTrue(device.supports(DType.F32) && device.supports(DType.F16));
    assertFalse(device.supports(DType.BF16));
    assertTrue(device.alignment() >= 64);
    assertTrue(16 % device.preferredLanes(DType.F16, 4) == 0);
    assertEquals(1, device.preferredChunks(1, 1, 64));
    int chunks = device.preferredChunks(100_000, 16, 100_000L * 64 * 4);
    assertTrue(chunks >= 8 && chunks <= 1024, "chunks: " + chunks);
  }

  @Test
  void aMissingDeviceIsTheUsersError() {
    UserError e = assertThrows(UserError.class, () -> OpenClDevice.open(7, 3));
    assertTrue(e.getMessage().contains("no device opencl:7:3; there is opencl:0:0"), e.toString());
  }

  @Test
  void transfersTakeEveryKindOfBuffer() {
    byte[] values = new byte[1001];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (i * 7);
    }
    ByteBuffer direct = ByteBuffer.allocateDirect(values.length + 9).position(9);
    direct.put(values).position(9);
    ByteBuffer heap = ByteBuffer.allocate(values.length + 5).position(5);
    heap.put(values).position(5);
    ByteBuffer[] sources = {
      direct, heap, heap.slice(), ByteBuffer.wrap(values).asReadOnlyBuffer(), direct.slice()
    };
    for (ByteBuffer source : sources) {
      try (Memory memory = device.allocate(values.length)) {
        device.upload(source, memory);
        assertEquals(values.length, source.remaining(), "the buffer stays as it was");
        ByteBuffer there = ByteBuffer.allocateDirect(values.length);
        device.download(memory, there);
        byte[] got = new byte[values.length];
        there.get(0, got);
        assertArrayEquals(values, got, source.toString());
        ByteBuffer back = ByteBuffer.allocate(values.length + 3).position(3);
        device.download(memory, back);
        back.get(3, got);
        assertArrayEquals(values, got, source.toString());
      }
    }
  }

  @Test
  void viewsCopyAndZero() {
    int step = device.alignment() / 4;
    float[] values = OnDevice.random(4 * step, 1);
    try (Memory memory = OnDevice.put(device, DType.F32, values);
        Memory other = device.allocate(2L * step * 4)) {
      Memory view = memory.view(step * 4L, 3L * step * 4);
      Memory inner = view.view(step * 4L, 2L * step * 4);
      device.copy(inner, other);
      float[] got = OnDevice.get(device, DType.F32, other);
      for (int i = 0; i < 2 * step; i++) {
        assertEquals(values[2 * step + i], got[i], "copied from a view of a view");
      }
      device.zero(inner.view(step * 4L, 7));
      got = OnDevice.get(device, DType.F32, memory);
      assertEquals(0f, got[3 * step]);
      assertEquals(values[3 * step + 2], got[3 * step + 2], "beyond the zeroed bytes");

      KernelSpec fill = KernelSpec.of("elementwise.cu", "fill", Map.of("LANES", 1));
      device.kernel(fill).launch(step, inner, 5f, (long) step);
      got = OnDevice.get(device, DType.F32, memory);
      assertEquals(values[2 * step - 1], got[2 * step - 1]);
      assertEquals(5f, got[2 * step]);
      assertEquals(5f, got[3 * step - 1]);
      assertEquals(0f, got[3 * step]);
      view.close();
      assertEquals(5f, OnDevice.get(device, DType.F32, inner)[0], "closing a view frees nothing");
    }
  }

  @Test
  void mistakesAreNamed() {
    Memory memory = device.allocate(1024);
    assertThrows(IndexOutOfBoundsException.class, () -> memory.view(0, 1025));
    assertThrows(IllegalArgumentException.class, () -> memory.view(4, 8));
    Memory shorter = device.allocate(1000);
    assertThrows(IllegalArgumentException.class, () -> device.copy(memory, shorter));
    assertThrows(
        IllegalArgumentException.class, () -> device.upload(ByteBuffer.allocate(1001), shorter));
    UserError large = assertThrows(UserError.class, () -> device.allocate(1L << 60));
    assertTrue(large.getMessage().contains(String.valueOf(1L << 60)), large.getMessage());

    Kernel fill = device.kernel(KernelSpec.of("elementwise.cu", "fill", Map.of("LANES", 1)));
    Exception size =
        assertThrows(IllegalArgumentException.class, () -> fill.launch(1, memory, 1f, 1));
    assertEquals(
        "argument 2 of kernel fill of kernels/elementwise.cu must be Long, not Integer",
        size.getMessage());

    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, () -> device.zero(memory));
    assertThrows(IllegalStateException.class, () -> memory.view(0, 8));
    shorter.close();
  }

  @Test
  void aBrokenSourceIsNamedWithTheCompilersWords() {
    UserError e =
        assertThrows(
            UserError.class,
            () -> device.kernel(KernelSpec.of("broken.cu", "broken", Map.of("LANES", 4))));
    assertTrue(e.getMessage().contains("kernels/broken.cu"), e.getMessage());
    assertTrue(e.getMessage().contains("-DLANES=4"), e.getMessage());
    assertTrue(e.getMessage().contains("undeclared"), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> device.kernel(KernelSpec.of("elementwise.cu", "nothing", Map.of("LANES", 1))));
  }

  @Test
  void kernelsAndLibraryAreKept() {
    KernelSpec spec = KernelSpec.of("elementwise.cu", "add", Map.of("LANES", 1));
    assertSame(
        device.kernel(spec),
        device.kernel(KernelSpec.of("elementwise.cu", "add", Map.of("LANES", 1))));
    assertNotNull(device.matrix().name());
    assertSame(device.matrix(), device.matrix());
  }

  @Test
  void closingTheDeviceReleasesAndEndsEverything() {
    OpenClDevice second = OnDevice.open();
    Memory memory = second.allocate(512);
    Memory view = memory.view(second.alignment(), 8);
    second.zero(memory);
    assertThrows(IllegalArgumentException.class, () -> device.zero(memory), "another's memory");
    second.close();
    second.close();
    memory.close();
    view.close();
    assertThrows(IllegalStateException.class, () -> second.allocate(1));
    assertThrows(IllegalStateException.class, second::synchronize);
    device.synchronize();
  }
}
