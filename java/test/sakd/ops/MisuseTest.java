package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import sakd.device.ConvShape;
import sakd.device.DType;

/** Operations that are used wrongly say so; none of it ends the process. */
class MisuseTest {
  private static final ConvShape CONV = new ConvShape(2, 8, 8, 16, 16, 3, 1, 1);

  private static Tensor ones(Ops ops, int... shape) {
    Tensor t = ops.allocate(DType.F32, shape);
    ops.fill(t, 1);
    return t;
  }

  /** Sums of a convolution of ones, by kernels, oneDNN and transfers. */
  private static float[] work(Ops ops) {
    try (Tensor x = ones(ops, 2, 8, 8, 16);
        Tensor w = ones(ops, 16, 3, 3, 16);
        Tensor y = ops.allocate(DType.F32, 2, 8, 8, 16);
        Tensor sums = ops.allocate(DType.F32, 16)) {
      ops.conv(CONV, x, w, y);
      ops.sumRows(y, sums);
      return Transfers.floats(ops.device(), sums);
    }
  }

  private static void assertClosed(Runnable use) {
    IllegalStateException e = assertThrows(IllegalStateException.class, use::run);
    assertTrue(e.getMessage().contains("closed"), e.getMessage());
  }

  @Test
  void nothingWorksAfterTheClose() {
    Ops ops = Backend.open("cpu");
    Tensor x = ones(ops, 2, 8, 8, 16);
    Tensor w = ones(ops, 16, 3, 3, 16);
    Tensor view = x.reshape(256, 8);
    ops.close();
    ops.close();
    ops.device().close();
    assertClosed(() -> ops.allocate(DType.F32, 1));
    assertClosed(() -> ops.conv(CONV, x, w, x));
    assertClosed(() -> ops.fill(x, 2));
    assertClosed(() -> Transfers.floats(ops.device(), x));
    assertClosed(() -> ops.device().allocate(1));
    assertClosed(() -> ops.device().zero(x.memory()));
    x.close();
    x.close();
    w.close();
    assertClosed(x::memory);
    IllegalStateException freed =
        assertThrows(IllegalStateException.class, () -> ops.fill(view, 1));
    assertTrue(freed.getMessage().contains("closed"), freed.getMessage());
  }

  /** Of those that find the device in use each has a sentence; what is computed is right. */
  @Test
  void twoThreadsOnOneDeviceAreToldSo() throws Exception {
    try (Ops ops = Backend.open("cpu")) {
      float[] expected = work(ops);
      AtomicInteger refused = new AtomicInteger();
      inThreads(
          4,
          () -> {
            for (long end = System.nanoTime() + 500_000_000L; System.nanoTime() < end; ) {
              try {
                assertArrayEquals(expected, work(ops));
              } catch (IllegalStateException e) {
                assertTrue(e.getMessage().startsWith("device cpu is in use"), e.getMessage());
                refused.incrementAndGet();
              }
            }
          });
      assertTrue(refused.get() > 0);
      assertArrayEquals(expected, work(ops), "the device is as it was");
    }
  }

  /** Whatever a thread is doing when another closes what it uses. */
  @Test
  void theDeviceIsClosedWhileItIsUsed() throws Exception {
    for (int round = 0; round < 20; round++) {
      Ops ops = Backend.open("cpu");
      work(ops);
      Tensor shared = ones(ops, 1 << 20);
      AtomicInteger worked = new AtomicInteger();
      inThreads(
          3,
          () -> {
            try {
              while (true) {
                ops.add(shared, shared);
                work(ops);
                if (worked.incrementAndGet() > 5) {
                  shared.close();
                  ops.close();
                }
              }
            } catch (IllegalStateException e) {
              String text = e.getMessage();
              assertTrue(text.contains("closed") || text.contains("in use"), text);
            }
          });
      ops.close();
    }
  }

  @Test
  void sizesThatNoMemoryHasAreRefused() {
    try (Ops ops = Backend.open("cpu")) {
      int huge = Integer.MAX_VALUE;
      for (int[] shape : new int[][] {{-1}, {0, 4}, {huge, huge, huge}, {1 << 30, 1 << 30, 16}}) {
        assertThrows(IllegalArgumentException.class, () -> ops.allocate(DType.F32, shape));
      }
      try (Tensor x = ones(ops, 16)) {
        assertThrows(IllegalArgumentException.class, () -> x.reshape(1 << 30, 1 << 30, 16));
        assertThrows(IllegalArgumentException.class, () -> x.reshape(-4, -4));
        assertThrows(RuntimeException.class, () -> x.slice(-16, 16));
        assertThrows(RuntimeException.class, () -> x.slice(0, 1 << 20));
      }
    }
  }

  /** Uninitialised labels may be any number. */
  @Test
  void labelsThatAreNoClassAreBehindAllClasses() {
    try (Ops ops = Backend.open("cpu");
        Tensor logits = ones(ops, 3, 10);
        Tensor labels = ops.allocate(DType.I32, 3);
        Tensor rank = ops.allocate(DType.I32, 3)) {
      Transfers.setInts(ops.device(), labels, 1 << 30, -(1 << 30), 0);
      if (ops instanceof KernelOps) {
        ops.labelRank(logits, labels, rank);
        assertArrayEquals(new int[] {10, 10, 0}, Transfers.ints(ops.device(), rank));
      } else {
        assertThrows(IllegalArgumentException.class, () -> ops.labelRank(logits, labels, rank));
      }
    }
  }

  /** Runs it in so many threads at once, and throws what any of them threw. */
  private static void inThreads(int threads, Runnable work) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(pool.submit(work));
      }
      for (Future<?> one : all) {
        one.get();
      }
      assertEquals(threads, all.size());
    } finally {
      pool.shutdownNow();
    }
  }
}
