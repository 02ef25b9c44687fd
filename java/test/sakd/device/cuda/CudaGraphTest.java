package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import sakd.device.CapturedGraph;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Recording, replaying, and what becomes of work that cannot be recorded. */
class CudaGraphTest {
  private Ops ops;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    ops = new KernelOps(CudaDevice.open(0));
  }

  @AfterEach
  void close() {
    if (ops != null) {
      ops.close();
    }
  }

  private Tensor tensor(float... values) {
    Tensor t = ops.allocate(DType.F32, values.length);
    Transfers.setFloats(ops.device(), t, values);
    return t;
  }

  private float[] values(Tensor t) {
    return Transfers.floats(ops.device(), t);
  }

  /** total += 2 x, by way of a tensor that lasts no longer than the work. */
  private void addTwice(Tensor x, Tensor total) {
    try (Tensor twice = ops.allocate(DType.F32, 4)) {
      ops.convert(x, twice);
      ops.add(twice, x);
      ops.add(total, twice);
    }
  }

  @Test
  void aGraphDoesItsWorkAtEachLaunchAndOnlyThen() {
    try (Tensor x = tensor(1, 2, 3, 4);
        Tensor total = tensor(0, 0, 0, 0)) {
      addTwice(x, total);
      CapturedGraph graph = ops.capture(() -> addTwice(x, total)).orElseThrow();
      assertArrayEquals(new float[] {2, 4, 6, 8}, values(total), "recorded, not run");
      assertEquals(3, graph.size());
      graph.launch();
      // The graph reads what is there when it is launched.
      Transfers.setFloats(ops.device(), x, 10, 10, 10, 10);
      graph.launch();
      assertArrayEquals(new float[] {24, 28, 32, 36}, values(total));
      graph.close();
      graph.close();
    }
  }

  /** Work in the second queue is part of the graph, whichever of the two a device runs first. */
  @Test
  void workBesideIsRecordedAndJoined() {
    try (Tensor x = tensor(1, 2, 3, 4);
        Tensor total = tensor(0, 0, 0, 0);
        Tensor other = tensor(0, 0, 0, 0)) {
      Runnable work =
          () -> {
            ops.add(x, x);
            ops.beside(() -> addTwice(x, other), x);
            ops.add(total, x);
            ops.join();
            ops.add(total, other);
          };
      ops.beside(() -> addTwice(x, other), x);
      ops.add(total, x);
      ops.join();
      ops.add(total, other);
      assertArrayEquals(new float[] {3, 6, 9, 12}, values(total));
      try (CapturedGraph graph = ops.capture(work).orElseThrow()) {
        graph.launch();
        // other = 2 + 4, total = 3 + 2 + 6 times the start.
        assertArrayEquals(new float[] {11, 22, 33, 44}, values(total));
      }
    }
  }

  /** What was left out of a recording that failed is not waited for. */
  @Test
  void workBesideInARecordingThatFails() {
    try (Tensor x = tensor(1, 2, 3, 4)) {
      ops.add(x, x);
      assertThrows(
          IllegalStateException.class,
          () ->
              ops.capture(
                  () -> {
                    ops.beside(() -> ops.add(x, x), x);
                    throw new IllegalStateException("mine");
                  }));
      ops.join();
      ops.beside(() -> ops.add(x, x), x);
      ops.join();
      assertArrayEquals(new float[] {4, 8, 12, 16}, values(x));
    }
  }

  @Test
  void memoryOfAGraphIsNotGivenToOtherWork() {
    try (Tensor x = tensor(1, 1, 1, 1);
        Tensor total = tensor(0, 0, 0, 0)) {
      addTwice(x, total);
      try (CapturedGraph graph = ops.capture(() -> addTwice(x, total)).orElseThrow();
          Tensor between = tensor(5, 5, 5, 5)) {
        graph.launch();
        assertArrayEquals(new float[] {4, 4, 4, 4}, values(total));
        assertArrayEquals(new float[] {5, 5, 5, 5}, values(between), "not written to");
      }
      long kept = ops.memoryReport().kept();
      // Afterwards it is anybody's.
      try (Tensor next = tensor(6, 6, 6, 6);
          Tensor another = tensor(7, 7, 7, 7)) {
        assertEquals(2 * 512, kept - ops.memoryReport().kept());
        assertEquals(4, next.size() * another.size() / 4);
      }
    }
  }

  @Test
  void convolutionsAndProductsAreRecorded() {
    ConvShape shape = new ConvShape(2, 4, 4, 8, 8, 3, 1, 1);
    try (Tensor x = ops.allocate(DType.F32, 2, 4, 4, 8);
        Tensor w = ops.allocate(DType.F32, 8, 3, 3, 8);
        Tensor y = ops.allocate(DType.F32, 2, 4, 4, 8)) {
      ops.fill(x, 1);
      ops.fill(w, 0.5f);
      Runnable work =
          () -> {
            ops.conv(shape, x, w, y);
            ops.convBackwardData(shape, y, w, x, false);
          };
      work.run();
      ops.fill(x, 1);
      ops.fill(y, 0);
      try (CapturedGraph graph = ops.capture(work).orElseThrow()) {
        graph.launch();
        float[] got = values(y);
        assertEquals(4 * 8 * 0.5f, got[0], "a corner");
        assertEquals(9 * 8 * 0.5f, got[5 * 8], "inside");
      }
    }
  }

  /** Runs it with the standard error stream caught. */
  private static String said(Runnable work) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      work.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void whatCannotBeRecordedFallsBackAndIsSaidOnce() {
    try (Tensor x = tensor(1, 2, 3, 4);
        Tensor total = tensor(0, 0, 0, 0)) {
      ops.add(total, total);
      String said =
          said(
              () -> {
                Optional<CapturedGraph> graph =
                    ops.capture(
                        () -> {
                          ops.add(total, x);
                          Transfers.setFloats(ops.device(), x, 0, 0, 0, 0);
                        });
                assertTrue(graph.isEmpty());
              });
      assertEquals(
          "note: this work cannot be recorded as a CUDA graph and is submitted kernel by kernel:"
              + " an upload of 16 bytes cannot be part of a recorded graph\n",
          said);
      assertEquals(
          "", said(() -> assertTrue(ops.capture(ops.device()::synchronize).isEmpty())), "once");
      // Nothing has run, and everything works as before.
      assertArrayEquals(new float[] {0, 0, 0, 0}, values(total));
      ops.add(total, x);
      assertArrayEquals(new float[] {1, 2, 3, 4}, values(total));
      try (CapturedGraph graph = ops.capture(() -> ops.add(total, x)).orElseThrow()) {
        graph.launch();
        assertArrayEquals(new float[] {2, 4, 6, 8}, values(total));
      }
    }
  }

  @Test
  void memoryTheDeviceHasNotGivenBeforeCannotBeRecorded() {
    String said =
        said(
            () ->
                assertTrue(
                    ops.capture(() -> ops.allocate(DType.F32, 1000, 1000).close()).isEmpty()));
    assertTrue(said.contains("the allocation of 4000256 bytes cannot be part"), said);
  }

  @Test
  void aFailureOfTheWorkItselfIsThrown() {
    IllegalArgumentException mine = new IllegalArgumentException("mine");
    try (Tensor x = tensor(1, 2, 3, 4)) {
      ops.add(x, x);
      Exception thrown =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  ops.capture(
                      () -> {
                        ops.add(x, x);
                        throw mine;
                      }));
      assertSame(mine, thrown);
      assertArrayEquals(new float[] {2, 4, 6, 8}, values(x));
    }
  }

  @Test
  void closingTheDeviceClosesItsGraphs() {
    Tensor x = tensor(1, 2, 3, 4);
    ops.add(x, x);
    CapturedGraph graph = ops.capture(() -> ops.add(x, x)).orElseThrow();
    ops.close();
    ops = null;
    assertThrows(IllegalStateException.class, graph::launch);
    graph.close();
  }
}
