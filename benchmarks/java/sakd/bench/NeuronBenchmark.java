package sakd.bench;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.cpu.HostMemory;
import sakd.ops.Backend;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * The fused batch norm + LIF of the CPU, forward and backward, T = 4, 128 channels, and beside it a
 * plain copy on all cores: what the memory gives. Tensors ought to be larger than the last-level
 * cache, or the cache is measured.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 7)
@Fork(0)
public class NeuronBenchmark {
  static final int STEPS = 4;
  static final int CHANNELS = 128;

  /** Random tensors of one layer. */
  @State(Scope.Benchmark)
  public static class Layer {
    @Param({"F32", "BF16"})
    public DType storage;

    @Param({"NONE", "INPUT"})
    public Neuron.Residual merge;

    /** Size of each tensor. */
    @Param("512")
    public int mebibytes;

    private final List<Tensor> tensors = new ArrayList<>();
    private Ops ops;
    private Tensor x;
    private Tensor residual;
    private Tensor out;
    private Tensor grad;
    private Tensor gradX;
    private Tensor affine;
    private Ops.BatchNorm norm;
    private Ops.NeuronGradients gradients;

    @Setup(Level.Trial)
    public void open() {
      ops = Backend.open("cpu");
      boolean merged = merge != Neuron.Residual.NONE;
      x = random(1);
      residual = merged ? random(2) : null;
      grad = random(3);
      out = activations();
      gradX = activations();
      norm = new Ops.BatchNorm(channels(1), channels(0), channels(0), channels(1), 1e-5f, 0.1f);
      affine = keep(ops.allocate(DType.F32, 4, CHANNELS));
      // Forward and backward run apart, so the gradient by the residual takes the place of s.
      gradients =
          new Ops.NeuronGradients(gradX, merged ? out : null, channels(0), channels(0), null);
      ops.batchStatistics(x, norm, 1, affine);
    }

    @TearDown(Level.Trial)
    public void close() {
      tensors.forEach(Tensor::close);
      tensors.clear();
      ops.close();
    }

    private Tensor keep(Tensor t) {
      tensors.add(t);
      return t;
    }

    private Tensor activations() {
      long elements = ((long) mebibytes << 20) / storage.size;
      return keep(
          ops.allocate(storage, STEPS, Math.toIntExact(elements / STEPS / CHANNELS), CHANNELS));
    }

    private Tensor channels(float value) {
      Tensor t = keep(ops.allocate(DType.F32, CHANNELS));
      ops.fill(t, value);
      return t;
    }

    /** A normal distribution, the same at every MiB. */
    private Tensor random(long seed) {
      Tensor t = activations();
      int piece = 1 << 18;
      Random random = new Random(seed);
      ByteBuffer numbers = ByteBuffer.allocateDirect(4 * piece).order(ByteOrder.nativeOrder());
      while (numbers.hasRemaining()) {
        numbers.putFloat((float) random.nextGaussian());
      }
      try (Tensor plain = ops.allocate(DType.F32, piece)) {
        ops.device().upload(numbers.flip(), plain.memory());
        for (long at = 0; at < t.size(); at += piece) {
          ops.convert(plain, t.slice(at, piece));
        }
      }
      return t;
    }
  }

  /** Two tensors and the threads that copy between them. */
  @State(Scope.Benchmark)
  public static class Copy {
    /** Size of each tensor. */
    @Param("512")
    public int mebibytes;

    private final int threads = Runtime.getRuntime().availableProcessors();
    private ExecutorService pool;
    private HostMemory from;
    private HostMemory to;

    @Setup(Level.Trial)
    public void open() {
      Native.register(Copy.class, "c");
      pool = Executors.newFixedThreadPool(threads);
      from = HostMemory.allocate((long) mebibytes << 20);
      to = HostMemory.allocate((long) mebibytes << 20);
      from.clear();
      to.clear();
    }

    @TearDown(Level.Trial)
    public void close() {
      pool.shutdown();
      from.close();
      to.close();
    }

    static native long memcpy(long to, long from, long bytes);
  }

  @Benchmark
  public void forward(Layer l) {
    l.ops.batchStatistics(l.x, l.norm, 1, l.affine);
    l.ops.neuron(Neuron.LIF, l.merge, l.x, l.affine, l.residual, null, l.out);
  }

  @Benchmark
  public void backward(Layer l) {
    l.ops.neuronBackward(Neuron.LIF, l.merge, l.x, l.affine, l.residual, null, l.grad, l.gradients);
  }

  /** One memcpy a thread: the C library turns to streaming stores where a piece is large. */
  @Benchmark
  public void copy(Copy c) throws Exception {
    List<Future<?>> pieces = new ArrayList<>();
    for (int k = 0; k < c.threads; k++) {
      long first = piece(c.from, k, c.threads);
      long bytes = piece(c.from, k + 1, c.threads) - first;
      pieces.add(
          c.pool.submit(
              () -> Copy.memcpy(c.to.address() + first, c.from.address() + first, bytes)));
    }
    for (Future<?> p : pieces) {
      p.get();
    }
  }

  private static long piece(Memory memory, int k, int pieces) {
    return memory.bytes() / pieces * k & -4096;
  }
}
