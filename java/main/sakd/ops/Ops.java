package sakd.ops;

import java.util.Optional;
import sakd.device.CapturedGraph;
import sakd.device.DType;
import sakd.device.Device;

/**
 * Every tensor operation there is, implemented once over kernels ({@link KernelOps}) and once in
 * plain Java in double arithmetic ({@link ReferenceOps}), which is what the other is tested
 * against.
 *
 * <p>Results go to tensors the caller allocated, and are assigned unless said otherwise. "Storage"
 * is the type of activations: F32, or F16 or BF16 where the device has it; all activations of one
 * call have the same. Parameters, statistics, logits and losses are F32. Sizes that do not fit each
 * other are an {@link IllegalArgumentException}. Each subject has an interface of its own; callers
 * have them all in this one.
 */
public interface Ops
    extends TensorOps,
        MatrixOps,
        NeuronOps,
        PoolOps,
        LossOps,
        StepLossOps,
        BoxOps,
        OptimizerOps,
        InputOps,
        RankOps,
        AutoCloseable {
  Device device();

  /** An uninitialised tensor; {@link Tensor#close()} gives its memory back for reuse. */
  Tensor allocate(DType type, int... shape);

  /**
   * Records what {@code work} submits, as {@link Device#capture} does, and keeps its memory apart
   * from that of all other work until the graph is closed. Tensors the work leaves open have to
   * stay open as long as the graph.
   *
   * @return empty where the device cannot record this work; nothing has run then
   */
  Optional<CapturedGraph> capture(Runnable work);

  /**
   * Submits work that may run beside what is submitted after it, until {@link #join}: on a GPU in a
   * queue of its own, which fills what the other leaves idle. It starts after all that was
   * submitted before, and after the works given to this method before.
   *
   * @param work leaves tensors open only for use after the join
   * @param reads tensors it reads that may be closed before the join
   */
  void beside(Runnable work, Tensor... reads);

  /** Makes what is submitted from here on wait for all works of {@link #beside}. */
  void join();

  /**
   * Runs work that closes every tensor it allocates; between launches of graphs it may use their
   * memory.
   */
  void lend(Runnable work);

  /** Bytes in use now, and the most there have been since {@link #resetPeak()}. */
  MemoryReport memoryReport();

  void resetPeak();

  /**
   * Memory of the device.
   *
   * @param current bytes in tensors and in what the device holds for itself ({@link
   *     Device#ownBytes})
   * @param peak the most bytes in tensors, with what the device holds for itself now: as that only
   *     grows, no less than what was in use at a time
   * @param kept bytes of closed tensors that are kept for the next
   */
  record MemoryReport(long current, long peak, long kept) {}

  /** The batch norm of a layer: gamma, beta, runningMean, runningVar, each [C]. */
  record BatchNorm(
      Tensor gamma,
      Tensor beta,
      Tensor runningMean,
      Tensor runningVar,
      float eps,
      float momentum) {}

  /**
   * Gradients of {@link #neuron}: each is null where the input is, and the residual's also where it
   * is gradOut itself, see {@link Neuron.Residual#changesGradient}; gamma's and beta's are [C].
   */
  record NeuronGradients(Tensor x, Tensor residual, Tensor gamma, Tensor beta, Tensor leak) {}

  /** A square window, e.g. 3 wide, stride 2, padding 1. */
  record Pool(int size, int stride, int pad) {
    /** A place in the window has to fit a byte. */
    private static final int LARGEST = 15;

    public Pool {
      if (size < 1 || size > LARGEST || stride < 1 || pad < 0 || pad > size / 2) {
        throw new IllegalArgumentException(
            "a window of size 1 to "
                + LARGEST
                + ", stride of at least 1 and padding of at most "
                + "half the size are needed");
      }
    }

    public int out(int in) {
      return (in + 2 * pad - size) / stride + 1;
    }
  }

  @Override
  void close();
}
