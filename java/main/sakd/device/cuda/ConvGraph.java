package sakd.device.cuda;

import java.util.ArrayList;
import java.util.List;
import sakd.device.ConvShape;
import sakd.device.DType;

/**
 * A convolution as cuDNN's graph calls have it: three tensors with channels innermost, sums in
 * float32, output = convolution + beta output.
 *
 * <p>A graph could also sum y and y squared for batch norm's statistics, and save the pass that
 * reads y for them. This one does not: cuDNN adds those sums atomically, so that runs would differ,
 * and about zero: in float32 a mean of 10 standard deviations then puts the variance off by 3e-4,
 * one of 100 by 3 percent, where kernels/batchnorm.cu is off by 1e-6.
 */
final class ConvGraph implements AutoCloseable {
  /** The numbers by which a plan knows the tensors x, w and y. */
  static final long[] TENSORS = {1, 2, 3};

  /** cudnnBackendHeurMode_t: how configurations are ranked. */
  enum Heuristic {
    /** By a decision tree, in milliseconds. */
    A(3),
    /** By a neural network, in tens of them. */
    B(1),
    /** Not at all: those that work for most. */
    FALLBACK(2);

    private final int number;

    Heuristic(int number) {
      this.number = number;
    }
  }

  /** Of addresses, in bytes: every tensor has more ({@link CudaDevice#ALIGNMENT}). */
  private static final int ALIGNMENT = 16;

  private static final int CROSS_CORRELATION = 1;

  // cudnnDataType_t
  static final int FLOAT = 0;
  private static final int HALF = 2;
  private static final int BFLOAT16 = 9;

  private final PlanTarget target;

  /** In the order they were made; the last is the graph. */
  private final List<BackendDescriptor> descriptors = new ArrayList<>();

  /**
   * Describes the problem.
   *
   * @throws CudaFailure if cuDNN does not know such a convolution
   */
  ConvGraph(ConvProblem problem, PlanTarget target) {
    this.target = target;
    ConvShape s = problem.shape();
    int type = number(problem.type());
    try {
      BackendDescriptor x = tensor(TENSORS[0], type, s.batch(), s.in(), s.height(), s.width());
      BackendDescriptor w = tensor(TENSORS[1], type, s.out(), s.in(), s.kernel(), s.kernel());
      BackendDescriptor y =
          tensor(TENSORS[2], type, s.batch(), s.out(), s.outHeight(), s.outWidth());
      BackendDescriptor convolution =
          made(BackendDescriptor.Kind.CONVOLUTION)
              .set(BackendAttribute.CONVOLUTION_COMP_TYPE, FLOAT)
              .set(BackendAttribute.CONVOLUTION_CONV_MODE, CROSS_CORRELATION)
              .set(BackendAttribute.CONVOLUTION_SPATIAL_DIMS, 2)
              .set(BackendAttribute.CONVOLUTION_DILATIONS, s.dilation(), s.dilation())
              .set(BackendAttribute.CONVOLUTION_FILTER_STRIDES, s.stride(), s.stride())
              .set(BackendAttribute.CONVOLUTION_PRE_PADDINGS, s.pad(), s.pad())
              .set(BackendAttribute.CONVOLUTION_POST_PADDINGS, s.pad(), s.pad())
              .finish();
      ConvDirection d = problem.direction();
      BackendDescriptor operation =
          made(d.operation)
              .set(d.convolution, convolution)
              .set(d.x, x)
              .set(d.w, w)
              .set(d.y, y)
              .setFloat(d.alpha, 1)
              .setFloat(d.beta, problem.add() ? 1 : 0)
              .finish();
      target
          .describe(made(BackendDescriptor.Kind.OPERATION_GRAPH))
          .set(BackendAttribute.OPERATIONGRAPH_OPS, operation)
          .finish();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The type in cuDNN's numbers. */
  static int number(DType type) {
    return switch (type) {
      case F32 -> FLOAT;
      case F16 -> HALF;
      case BF16 -> BFLOAT16;
      default -> throw new IllegalArgumentException("no convolution in " + type);
    };
  }

  private BackendDescriptor made(BackendDescriptor.Kind kind) {
    BackendDescriptor descriptor = new BackendDescriptor(kind);
    descriptors.add(descriptor);
    return descriptor;
  }

  /** [n, h, w, c] in memory, which cuDNN is told as n, c, h, w with strides. */
  private BackendDescriptor tensor(long number, int type, long n, long c, long h, long w) {
    return made(BackendDescriptor.Kind.TENSOR)
        .set(BackendAttribute.TENSOR_UNIQUE_ID, number)
        .set(BackendAttribute.TENSOR_DATA_TYPE, type)
        .set(BackendAttribute.TENSOR_BYTE_ALIGNMENT, ALIGNMENT)
        .set(BackendAttribute.TENSOR_DIMENSIONS, n, c, h, w)
        .set(BackendAttribute.TENSOR_STRIDES, h * w * c, 1, w * c, c)
        .finish();
  }

  /**
   * The configurations of engines that can compute it, the best first as cuDNN thinks; the caller
   * closes them.
   *
   * @throws CudaFailure if this heuristic has none for such a graph
   */
  List<BackendDescriptor> configurations(Heuristic heuristic) {
    BackendDescriptor graph = descriptors.get(descriptors.size() - 1);
    try (BackendDescriptor search = new BackendDescriptor(BackendDescriptor.Kind.HEURISTICS)) {
      target
          .describe(search)
          .set(BackendAttribute.ENGINEHEUR_OPERATION_GRAPH, graph)
          .set(BackendAttribute.ENGINEHEUR_MODE, heuristic.number)
          .finish();
      return search.descriptors(
          BackendAttribute.ENGINEHEUR_RESULTS, BackendDescriptor.Kind.ENGINE_CONFIGURATION);
    }
  }

  @Override
  public void close() {
    while (!descriptors.isEmpty()) {
      descriptors.remove(descriptors.size() - 1).close();
    }
  }
}
