package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.base.UserError;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** Memory, transfers, kernels and messages; on a GPU, or the stand-in of native-tests/hostcuda. */
class CudaDeviceTest {
  private static final KernelSpec FILL =
      KernelSpec.of("elementwise.cu", "fill", Map.of("LANES", 1));

  private static CudaDevice device;

  // Before each rather than all, so that each test is reported as skipped where there is no device.
  @BeforeEach
  void open() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    if (device == null) {
      device = CudaDevice.open(0);
    }
  }

  @AfterAll
  static void close() {
    if (device != null) {
      device.close();
      device.close();
    }
  }

  private static byte[] bytes(int n, long seed) {
    byte[] values = new byte[n];
    new Random(seed).nextBytes(values);
    return values;
  }

  private static byte[] get(Memory memory, int n) {
    ByteBuffer there = ByteBuffer.allocate(n);
    device.download(memory, there);
    return there.array();
  }

  private static float[] floats(Memory memory) {
    ByteBuffer there =
        ByteBuffer.allocateDirect((int) memory.bytes()).order(ByteOrder.nativeOrder());
    device.download(memory, there);
    float[] values = new float[there.remaining() / 4];
    there.asFloatBuffer().get(values);
    return values;
  }

  private static Memory of(float... values) {
    ByteBuffer here = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    here.asFloatBuffer().put(values);
    Memory memory = device.allocate(4L * values.length);
    device.upload(here, memory);
    return memory;
  }

  @Test
  void saysWhatItIs() {
    assertEquals("cuda:0", device.name());
    assertEquals("", CudaDevice.whyNone());
    assertTrue(
        device
            .description()
            .matches(
                ".+, [0-9.]+ GiB, sm_\\d+, driver for CUDA \\d+\\.\\d+; cuDNN 9\\.\\S+,"
                    + " cuBLAS \\S+ \\(.+\\)(, NCCL 2\\.\\d+\\.\\d+)?; kernels by .+"),
        device.description());
    assertTrue(device.supports(DType.F32) && device.supports(DType.F16));
    assertFalse(device.supports(DType.U8));
    assertEquals(8, device.preferredLanes(DType.BF16, 4));
    assertEquals(4, device.preferredLanes(DType.F16, 16));
    assertEquals(2, device.preferredLanes(DType.F32, 32));
    assertEquals(1, device.preferredChunks(1, 1, 64));
    assertTrue(device.copyBandwidth() > 1e6);
  }

  @Test
  void aMissingDeviceIsTheUsersError() {
    UserError e = assertThrows(UserError.class, () -> CudaDevice.open(77));
    assertEquals(
        "there is no device cuda:77; the last is cuda:" + (CudaDevice.count() - 1), e.getMessage());
  }

  /** Nothing, odd sizes, exactly one piece, and more than the ring holds. */
  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        1001,
        CudaTransfers.PIECE - 1,
        CudaTransfers.PIECE,
        CudaTransfers.PIECE + 3,
        10 * CudaTransfers.PIECE + 7
      })
  void transfersOfEverySize(int size) {
    byte[] values = bytes(size, size);
    ByteBuffer direct = ByteBuffer.allocateDirect(size + 9).position(9);
    direct.put(values).position(9);
    for (ByteBuffer source :
        new ByteBuffer[] {direct, ByteBuffer.wrap(values).asReadOnlyBuffer()}) {
      try (Memory memory = device.allocate(size)) {
        device.upload(source, memory);
        assertEquals(size, source.remaining(), "the buffer stays as it was");
        assertArrayEquals(values, get(memory, size));
      }
    }
  }

  @Test
  void anUploadDoesNotOvertakeTheWorkThatReadsItsTarget() {
    float[] expected = new float[20];
    try (Memory source = device.allocate(4);
        Memory all = device.allocate(20L * device.alignment())) {
      ByteBuffer here = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
      for (int i = 0; i < expected.length; i++) {
        // The buffer is used again at once, and so is the memory.
        device.upload(here.putFloat(0, i), source);
        device.copy(source, all.view((long) i * device.alignment(), 4));
        expected[i] = i;
      }
      float[] got = floats(all);
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], got[i * device.alignment() / 4]);
      }
    }
  }

  @Test
  void viewsCopyAndZero() {
    int step = device.alignment();
    byte[] values = bytes(4 * step, 1);
    try (Memory memory = device.allocate(4L * step);
        Memory other = device.allocate(2L * step)) {
      device.upload(ByteBuffer.wrap(values), memory);
      Memory view = memory.view(step, 3L * step);
      Memory inner = view.view(step, 2L * step);
      device.copy(inner, other);
      byte[] got = get(other, 2 * step);
      for (int i = 0; i < 2 * step; i++) {
        assertEquals(values[2 * step + i], got[i], "copied from a view of a view");
      }
      device.zero(inner.view(step, 7));
      got = get(memory, 4 * step);
      for (int i = 0; i < 4 * step; i++) {
        boolean zeroed = i >= 3 * step && i < 3 * step + 7;
        assertEquals(zeroed ? 0 : values[i], got[i], "byte " + i);
      }
      device.kernel(FILL).launch(step / 4, inner, 5f, step / 4L);
      float[] filled = floats(inner);
      assertEquals(5f, filled[0]);
      assertEquals(5f, filled[step / 4 - 1]);
      assertEquals(0f, filled[step / 4]);
      view.close();
      assertEquals(5f, floats(inner)[0], "closing a view frees nothing");
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
    Kernel fill = device.kernel(FILL);
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
  void moreMemoryThanThereIsIsTheUsersError() {
    UserError e = assertThrows(UserError.class, () -> device.allocate(1L << 50));
    assertTrue(
        e.getMessage()
            .matches(
                "cuda:0 has [0-9.]+ of [0-9.]+ MiB free, too few for 1073741824.0 MiB more; choose a"
                    + " smaller --batch-size or --T, or --amp bf16"),
        e.getMessage());
    // The device goes on working.
    try (Memory memory = of(1, 2, 3)) {
      assertArrayEquals(new float[] {1, 2, 3}, floats(memory));
    }
  }

  @Test
  void scratchThatCouldNotGrowCanBeUsedAgain() {
    device.context().makeCurrent();
    try (Scratch scratch = new Scratch(device, "scratch")) {
      assertEquals(4, scratch.atLeast(4).bytes());
      assertThrows(OutOfDeviceMemory.class, () -> scratch.atLeast(1L << 50));
      device.zero(scratch.atLeast(4));
    }
  }

  @Test
  void aBrokenSourceIsNamedWithTheCompilersWords() {
    UserError e =
        assertThrows(
            UserError.class,
            () -> device.kernel(KernelSpec.of("broken.cu", "broken", Map.of("LANES", 4))));
    assertTrue(e.getMessage().contains("kernels/broken.cu cannot be compiled by"), e::toString);
    assertTrue(e.getMessage().contains("-DLANES=4"), e::toString);
    assertTrue(e.getMessage().contains("undeclared"), e::toString);
    assertThrows(
        IllegalArgumentException.class,
        () -> device.kernel(KernelSpec.of("elementwise.cu", "nothing", Map.of("LANES", 1))));
  }

  @Test
  void compiledKernelsAreKeptAndDamagedOnesRebuilt(@TempDir Path folder) throws IOException {
    BinaryCache cache = new BinaryCache(folder);
    Path entry;
    try (CudaDevice first = CudaDevice.open(0, cache)) {
      assertSame(first.kernel(FILL), first.kernel(FILL));
      assertEquals(1, first.compiled());
      entry = cache.file(first.cacheKey(FILL));
    }
    assertEquals(0, fillWith(cache), "read from disk");
    byte[] whole = Files.readAllBytes(entry);
    Files.write(entry, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertEquals(1, fillWith(cache), "cut short");
    assertArrayEquals(whole, Files.readAllBytes(entry), "as it was");
    byte[] spoilt = whole.clone();
    spoilt[whole.length / 2] ^= 1;
    Files.write(entry, spoilt);
    assertEquals(1, fillWith(cache), "one bit flipped");
    // An entry that is whole but no image: of a driver that was replaced, say.
    cache.write(entry.getFileName().toString().replace(".bin", ""), new byte[1000]);
    assertEquals(1, fillWith(cache), "refused by the driver");
    assertEquals(0, fillWith(cache));
  }

  /** Uses a kernel of a new device; how many it compiled. */
  private static int fillWith(BinaryCache cache) {
    try (CudaDevice other = CudaDevice.open(0, cache);
        Memory memory = other.allocate(16)) {
      other.kernel(FILL).launch(4, memory, 3f, 4L);
      ByteBuffer there = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
      other.download(memory, there);
      assertEquals(3f, there.getFloat(12));
      return other.compiled();
    }
  }

  /** Buffers of transfers, cuBLAS's workspace and a 16-bit copy of weights are no tensor's. */
  @Test
  void whatTheDeviceHoldsForItselfIsInTheMemoryReport() {
    CudaDevice fresh = CudaDevice.open(0);
    try (Ops ops = new KernelOps(fresh)) {
      ops.resetPeak();
      long libraries = ops.memoryReport().current();
      assertTrue(libraries >= 32L << 20, "the workspace of cuBLAS, not " + libraries);
      ConvShape shape = new ConvShape(1, 2, 2, 64, 64, 3, 1, 1);
      try (Tensor x = ops.allocate(DType.F16, 1, 2, 2, 64);
          Tensor w = ops.allocate(DType.F32, 64, 3, 3, 64);
          Tensor y = ops.allocate(DType.F16, 1, 2, 2, 64)) {
        long tensors = x.memory().bytes() + w.memory().bytes() + y.memory().bytes();
        assertEquals(libraries + tensors, ops.memoryReport().current());
        ops.fill(x, 0);
        ops.fill(w, 0);
        ops.conv(shape, x, w, y);
        long rounded = w.size() * DType.F16.size;
        assertTrue(ops.memoryReport().current() >= libraries + tensors + rounded);
        assertEquals(ops.memoryReport().current(), ops.memoryReport().peak());
      }
      long before = fresh.ownBytes();
      try (Memory memory = fresh.allocate(4)) {
        fresh.upload(ByteBuffer.allocateDirect(4), memory);
      }
      assertTrue(fresh.ownBytes() > before, "the buffer of an upload");
    }
    assertEquals(0, fresh.ownBytes());
  }

  @Test
  void anotherThreadMayGoOn() throws InterruptedException {
    AtomicReference<float[]> got = new AtomicReference<>();
    try (Memory memory = of(1, 2)) {
      Thread other =
          new Thread(
              () -> {
                device.kernel(FILL).launch(1, memory, 7f, 1L);
                got.set(floats(memory));
              });
      other.start();
      other.join();
      assertArrayEquals(new float[] {7, 2}, got.get());
      assertArrayEquals(new float[] {7, 2}, floats(memory));
    }
  }

  @Test
  void closingTheDeviceReleasesAndEndsEverything() {
    CudaDevice second = CudaDevice.open(0);
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
