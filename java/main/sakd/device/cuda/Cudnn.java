package sakd.device.cuda;

import java.util.HashMap;
import java.util.Map;
import sakd.device.BinaryCache;
import sakd.device.ConvShape;
import sakd.device.DType;

/**
 * Convolutions by cuDNN in one stream, channels last. The algorithm of each problem is chosen when
 * it first comes; all share one workspace, because work in a stream runs in order.
 */
final class Cudnn implements AutoCloseable {
  private final CudnnHandle handle;
  private final Scratch workspace;
  private final ConvSearch search;
  private final Map<ConvProblem, ConvAlgorithm> algorithms = new HashMap<>();

  /** For the device's stream of work. */
  Cudnn(CudaDevice device, BinaryCache cache) {
    this.handle = CudnnHandle.open(device);
    this.workspace = new Scratch(device, "the workspace of cuDNN");
    this.search = new ConvSearch(device, handle, cache);
  }

  /**
   * Computes one direction of a convolution; x, w and y are of {@code type}, and the one that the
   * direction names is assigned, or added to.
   */
  void run(
      ConvDirection direction,
      ConvShape shape,
      DType type,
      CudaMemory x,
      CudaMemory w,
      CudaMemory y,
      boolean add) {
    ConvProblem problem = new ConvProblem(direction, shape, type, add);
    ConvOperands operands = new ConvOperands(x, w, y);
    ConvAlgorithm algorithm = algorithms.get(problem);
    if (algorithm == null) {
      algorithm = search.find(problem, operands);
      algorithms.put(problem, algorithm);
    }
    algorithm.run(handle, operands, workspace.atLeast(algorithm.workspace()));
  }

  /** What was chosen for the problem; null if it has not come yet. */
  ConvAlgorithm chosen(ConvProblem problem) {
    return algorithms.get(problem);
  }

  /** How many algorithms were searched rather than read from disk. */
  int searches() {
    return search.searches();
  }

  @Override
  public void close() {
    algorithms.values().forEach(ConvAlgorithm::close);
    algorithms.clear();
    workspace.close();
    handle.close();
  }
}
