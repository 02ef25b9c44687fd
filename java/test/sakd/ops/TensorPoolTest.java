package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.OutOfDeviceMemory;
import sakd.device.Turn;

/** The memory of tensors on a device that has little of it. */
class TensorPoolTest {
  private static final long MIB = 1 << 20;

  private long left = 10 * MIB;
  private final List<Long> asked = new ArrayList<>();
  private final Turn turn = new Turn(() -> "small");
  private final TensorPool pool = new TensorPool(deviceWithLittle());

  /** A device of which only the memory is asked for. */
  private Device deviceWithLittle() {
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("turn")) {
                return turn;
              }
              assertEquals("allocate", method.getName());
              return allocate((Long) arguments[0]);
            });
  }

  private Memory allocate(long bytes) {
    asked.add(bytes);
    if (bytes > left) {
      throw new OutOfDeviceMemory("the device has " + left + " bytes free");
    }
    left -= bytes;
    return new Memory(bytes) {
      @Override
      protected Memory slice(long offset, long bytes) {
        throw new AssertionError("no views");
      }

      @Override
      public void close() {
        left += bytes();
      }
    };
  }

  private Tensor mebibytes(int n) {
    return pool.allocate(DType.U8, n, (int) MIB);
  }

  @Test
  void whatIsKeptIsGivenBackWhenTheDeviceHasNoMore() {
    mebibytes(6).close();
    assertEquals(6 * MIB, pool.kept());
    try (Tensor large = mebibytes(9)) {
      assertEquals(9 * MIB, pool.current());
      assertEquals(0, pool.kept());
      assertEquals(List.of(6 * MIB, 9 * MIB, 9 * MIB), asked);
      assertEquals(9, large.dim(0));
    }
  }

  @Test
  void runningOutIsSaidWithAReport() {
    try (Tensor a = mebibytes(6);
        Tensor b = mebibytes(2)) {
      mebibytes(1).close();
      OutOfDeviceMemory e = assertThrows(OutOfDeviceMemory.class, () -> mebibytes(3));
      assertEquals(
          "no memory for a tensor U8[3, 1048576] of 3.0 MiB: 8.0 MiB are in tensors (at most 9.0 MiB"
              + " were), 0.0 MiB kept for graphs, and the largest asked for are U8[6, 1048576] (6.0"
              + " MiB), U8[3, 1048576] (3.0 MiB), U8[2, 1048576] (2.0 MiB); the device has 2097152"
              + " bytes free",
          e.getMessage());
      assertEquals(a.size() + b.size(), pool.current());
    }
  }

  @Test
  void memoryOfGraphsStaysApartUntilTheLastIsClosed() {
    mebibytes(4).close();
    pool.beginRecording();
    mebibytes(4).close();
    Tensor result = mebibytes(4);
    pool.endRecording();
    pool.beginRecording();
    pool.endRecording();
    assertEquals(4 * MIB, pool.current(), "within the recording the same memory served twice");
    result.close();
    Tensor between = mebibytes(4);
    assertEquals(2, asked.size(), "and none of it serves other work");
    between.close();
    pool.graphClosed();
    assertEquals(8 * MIB, pool.kept());
    mebibytes(4).close();
    pool.graphClosed();
    try (Tensor a = mebibytes(4);
        Tensor b = mebibytes(4)) {
      assertEquals(2, asked.size(), "now it does");
      assertTrue(a.size() == b.size());
    }
  }

  /** Memory of the main queue's closed tensors is the other queue's once that waits for it. */
  @Test
  void whatOneQueueClosedTheOtherGetsOnceItWaits() {
    mebibytes(1).close();
    pool.beginBeside();
    mebibytes(1).close();
    assertEquals(1, asked.size(), "closed before the work was submitted");
    pool.endBeside();
    Tensor main = mebibytes(1);
    assertEquals(2, asked.size(), "the other queue may still use it");
    main.close();
    mebibytes(1).close();
    assertEquals(2, asked.size(), "a queue has its own back at once");
    pool.beginBeside();
    Tensor a = mebibytes(1);
    Tensor b = mebibytes(1);
    assertEquals(2, asked.size(), "what comes later has waited for what was before");
    pool.endBeside();
    a.close();
    b.close();
    pool.joined();
    pool.joined();
    assertEquals(2 * MIB, pool.kept());
  }

  @Test
  void whatWorkBesideReadsIsKeptUntilItIsJoined() {
    Tensor read = mebibytes(1);
    Tensor other = mebibytes(1);
    pool.beginBeside(read);
    pool.endBeside();
    read.close();
    other.close();
    Tensor first = mebibytes(1);
    Tensor second = mebibytes(1);
    assertEquals(3, asked.size(), "one of the two is still read");
    pool.joined();
    mebibytes(1).close();
    assertEquals(3, asked.size());
    first.close();
    second.close();
  }

  @Test
  void workThatIsLentMemoryLeavesNoneOfItTaken() {
    pool.beginRecording();
    mebibytes(1).close();
    pool.endRecording();
    pool.lend(() -> mebibytes(1).close());
    assertEquals(1, asked.size());
    assertThrows(IllegalStateException.class, () -> pool.lend(() -> mebibytes(1)));
  }
}
