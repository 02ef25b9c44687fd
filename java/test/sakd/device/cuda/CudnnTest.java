package sakd.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.ops.KernelOps;
import sakd.ops.Tensor;
import sakd.testing.Draw;
import sakd.testing.Twins;

/** Which algorithm is chosen, that it is kept, and that results are added. */
class CudnnTest {
  private static final ConvShape ORDINARY = new ConvShape(2, 6, 5, 8, 16, 3, 1, 1);

  /** The stand-in has no plan for this in 16 bits unless the channels are padded. */
  private static final ConvShape THREE_CHANNELS = new ConvShape(2, 6, 5, 3, 8, 5, 1, 2);

  /** The stand-in has no plan for this. */
  private static final ConvShape STRIDE_3 = new ConvShape(2, 7, 7, 8, 8, 3, 3, 1);

  /** The stand-in has one plan for this, which does not repeat. */
  private static final ConvShape STRIDE_4 = new ConvShape(2, 9, 9, 8, 8, 3, 4, 1);

  @TempDir private Path folder;
  private BinaryCache cache;
  private CudaDevice device;
  private KernelOps ops;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(CudaDevice.count() > 0, CudaDevice::whyNone);
    cache = new BinaryCache(folder);
    device = CudaDevice.open(0);
    ops = new KernelOps(device);
  }

  @AfterEach
  void close() {
    if (ops != null) {
      ops.close();
    }
  }

  /** The tensors of a convolution, with small whole numbers in them, whose sums are exact. */
  private final class Operands implements AutoCloseable {
    private final Tensor x;
    private final Tensor w;
    private final Tensor y;

    Operands(ConvShape s, DType type) {
      Draw draw = new Draw(s.hashCode());
      x = drawn(draw, type, s.batch(), s.height(), s.width(), s.in());
      w = drawn(draw, type, s.out(), s.kernel(), s.kernel(), s.in());
      y = drawn(draw, type, s.batch(), s.outHeight(), s.outWidth(), s.out());
    }

    private Tensor drawn(Draw draw, DType type, int... shape) {
      Tensor tensor = ops.allocate(type, shape);
      Twins.set(ops, tensor, draw.integers((int) tensor.size(), -1, 2));
      return tensor;
    }

    Tensor output(ConvDirection direction) {
      return switch (direction) {
        case FORWARD -> y;
        case DATA -> x;
        case WEIGHTS -> w;
      };
    }

    void run(Cudnn cudnn, ConvProblem problem) {
      cudnn.run(
          problem.direction(),
          problem.shape(),
          problem.type(),
          device.own(x.memory()),
          device.own(w.memory()),
          device.own(y.memory()),
          problem.add());
    }

    @Override
    public void close() {
      x.close();
      w.close();
      y.close();
    }
  }

  private Cudnn cudnn(CudaDevice on) {
    on.context().makeCurrent();
    return new Cudnn(on, cache);
  }

  private static ConvProblem forward(ConvShape shape, DType type) {
    return new ConvProblem(ConvDirection.FORWARD, shape, type, false);
  }

  /** What is chosen for the problem. */
  private ConvAlgorithm chosen(Cudnn cudnn, ConvProblem problem) {
    try (Operands operands = new Operands(problem.shape(), problem.type())) {
      operands.run(cudnn, problem);
    }
    return cudnn.chosen(problem);
  }

  private static String json(ConvAlgorithm algorithm) {
    return new String(assertInstanceOf(ConvPlan.class, algorithm).json(), StandardCharsets.UTF_8);
  }

  private void assumeStandIn() {
    Assumptions.assumeTrue(device.hardware().startsWith("hostcuda"), "another cuDNN has no zoo");
  }

  /** The one engine of the stand-in that computes, repeats and takes no time. */
  @Test
  void theFastestIsChosenOfThoseThatArePreciseAndRepeat() {
    assumeStandIn();
    try (Cudnn cudnn = cudnn(device)) {
      for (DType type : new DType[] {DType.F32, DType.F16, DType.BF16}) {
        for (int kernel : new int[] {1, 3, 5}) {
          ConvShape shape = new ConvShape(2, 6, 5, 8, 16, kernel, 2, kernel / 2);
          for (ConvDirection direction : ConvDirection.values()) {
            ConvProblem problem = new ConvProblem(direction, shape, type, false);
            String plan = json(chosen(cudnn, problem));
            assertTrue(plan.startsWith("{\"stand-in\": [0,"), problem + ": " + plan);
          }
        }
      }
    }
  }

  @Test
  void whereNoPlanWorksThereIsPaddingOrAnOlderCall() {
    assumeStandIn();
    try (Cudnn cudnn = cudnn(device)) {
      assertInstanceOf(PaddedConv.class, chosen(cudnn, forward(THREE_CHANNELS, DType.F16)));
      assertInstanceOf(ConvPlan.class, chosen(cudnn, forward(THREE_CHANNELS, DType.F32)));
      assertInstanceOf(LegacyConv.class, chosen(cudnn, forward(STRIDE_3, DType.BF16)));
      String plan = json(chosen(cudnn, forward(STRIDE_4, DType.BF16)));
      assertTrue(plan.startsWith("{\"stand-in\": [2,"), "not deterministic: " + plan);
      // In float32 that engine would be TF32.
      ConvProblem impossible = forward(STRIDE_4, DType.F32);
      CudaFailure e = assertThrows(CudaFailure.class, () -> chosen(cudnn, impossible));
      assertTrue(
          e.getMessage().startsWith("cuDNN: there is no algorithm for " + impossible + ": cuDNN:"),
          e.getMessage());
      assertTrue(e.getMessage().contains("CUDNN_STATUS_NOT_SUPPORTED"), e.getMessage());
    }
  }

  @Test
  void whatIsChosenIsKept() throws IOException {
    ConvProblem problem = forward(ORDINARY, DType.F16);
    ConvProblem padded = forward(THREE_CHANNELS, DType.F16);
    String plan;
    Class<?> kind;
    try (Cudnn cudnn = cudnn(device)) {
      plan = json(chosen(cudnn, problem));
      kind = chosen(cudnn, padded).getClass();
      chosen(cudnn, problem);
      assertEquals(2, cudnn.searches());
    }
    try (CudaDevice second = CudaDevice.open(0);
        Cudnn cudnn = cudnn(second)) {
      assertEquals(0, searches(cudnn, second, problem));
      assertEquals(0, searches(cudnn, second, padded));
      assertEquals(plan, json(cudnn.chosen(problem)));
      assertEquals(kind, cudnn.chosen(padded).getClass());
    }
    // Whole, but no plan of this cuDNN.
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path entry : entries.toList()) {
        cache.write(entry.getFileName().toString().replace(".bin", ""), new byte[] {0, '{', '}'});
      }
    }
    try (Cudnn cudnn = cudnn(device)) {
      chosen(cudnn, problem);
      assertEquals(1, cudnn.searches());
    }
  }

  /** Runs the problem on another device; how many were searched there. */
  private static int searches(Cudnn cudnn, CudaDevice device, ConvProblem p) {
    ConvShape s = p.shape();
    long x = (long) s.batch() * s.height() * s.width() * s.in() * p.type().size;
    long w = (long) s.out() * s.kernel() * s.kernel() * s.in() * p.type().size;
    long y = (long) s.batch() * s.outHeight() * s.outWidth() * s.out() * p.type().size;
    try (CudaMemory inX = device.allocate(x);
        CudaMemory inW = device.allocate(w);
        CudaMemory outY = device.allocate(y)) {
      cudnn.run(p.direction(), s, p.type(), inX, inW, outY, p.add());
    }
    return cudnn.searches();
  }

  /** Also by the call that searches, which tries on a copy. */
  @Test
  void resultsAreAssignedOrAdded() {
    try (Cudnn cudnn = cudnn(device)) {
      for (ConvShape shape : new ConvShape[] {ORDINARY, THREE_CHANNELS, STRIDE_3}) {
        for (DType type : Twins.storage(ops)) {
          for (ConvDirection direction : ConvDirection.values()) {
            checkAdded(cudnn, direction, shape, type);
          }
        }
      }
    }
  }

  private void checkAdded(Cudnn cudnn, ConvDirection direction, ConvShape shape, DType type) {
    ConvProblem assigned = new ConvProblem(direction, shape, type, false);
    ConvProblem added = new ConvProblem(direction, shape, type, true);
    try (Operands operands = new Operands(shape, type)) {
      Tensor output = operands.output(direction);
      double[] before = Twins.values(ops, output);
      operands.run(cudnn, assigned);
      double[] product = Twins.values(ops, output);
      assertTrue(Arrays.stream(product).anyMatch(v -> v != 0), "something to add");
      double[] sum = new double[product.length];
      Arrays.setAll(sum, i -> product[i] + before[i]);
      for (int run = 0; run < 2; run++) {
        Twins.set(ops, output, before);
        operands.run(cudnn, added);
        assertArrayEquals(sum, Twins.values(ops, output), 0.1, added.toString());
      }
    }
  }

  @Test
  void aSearchLeavesNoMemoryBehind() {
    try (Cudnn cudnn = cudnn(device);
        Operands operands = new Operands(ORDINARY, DType.F32)) {
      long before = device.ownBytes();
      for (boolean add : new boolean[] {false, true}) {
        ConvProblem problem = new ConvProblem(ConvDirection.DATA, ORDINARY, DType.F32, add);
        operands.run(cudnn, problem);
        long workspace = Math.max(1, cudnn.chosen(problem).workspace());
        // But for whole buffers of transfers.
        assertEquals(0, (device.ownBytes() - before - workspace) % CudaTransfers.PIECE);
      }
    }
  }

  @Test
  void aSearchIsNoPartOfARecording() {
    try (Cudnn cudnn = cudnn(device);
        Operands operands = new Operands(ORDINARY, DType.F32)) {
      ConvProblem problem = forward(ORDINARY, DType.F32);
      device
          .capture(
              () -> {
                CudaFailure e = assertThrows(CudaFailure.class, () -> operands.run(cudnn, problem));
                assertEquals(
                    "the search for an algorithm for "
                        + problem
                        + " cannot be part of a recorded graph",
                    e.getMessage());
              })
          .orElseThrow()
          .close();
      operands.run(cudnn, problem);
      double[] expected = Twins.values(ops, operands.y);
      ops.fill(operands.y, 0);
      try (var graph = device.capture(() -> operands.run(cudnn, problem)).orElseThrow()) {
        graph.launch();
        assertArrayEquals(expected, Twins.values(ops, operands.y));
      }
    }
  }
}
