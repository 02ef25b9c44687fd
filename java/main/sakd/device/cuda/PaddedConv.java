package sakd.device.cuda;

import java.util.Optional;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.KernelSpec;

/**
 * A convolution whose input channels are no multiple of what tensor cores take, by an algorithm for
 * the next multiple: on copies of x and w with zeros in the channels that they lack. Zeros add
 * nothing to y, and of a gradient the channels that are there are copied back.
 */
final class PaddedConv implements ConvAlgorithm {
  /** Channels of 16 bits that one access moves. */
  private static final int MULTIPLE = 8;

  private final CudaDevice device;
  private final ConvProblem problem;
  private final int channels;
  private final ConvAlgorithm inner;

  PaddedConv(CudaDevice device, ConvProblem problem, ConvAlgorithm inner) {
    this.device = device;
    this.problem = problem;
    this.channels = channels(problem.shape());
    this.inner = inner;
  }

  private static int channels(ConvShape shape) {
    return (shape.in() + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
  }

  /** The problem with all channels, where padding makes a difference. */
  static Optional<ConvProblem> padded(ConvProblem problem) {
    ConvShape s = problem.shape();
    int channels = channels(s);
    if (problem.type() == DType.F32 || channels == s.in()) {
      return Optional.empty();
    }
    ConvShape padded = s.withIn(channels);
    return Optional.of(new ConvProblem(problem.direction(), padded, problem.type(), problem.add()));
  }

  private long rowsOfX() {
    ConvShape s = problem.shape();
    return (long) s.batch() * s.height() * s.width();
  }

  private long rowsOfW() {
    ConvShape s = problem.shape();
    return (long) s.out() * s.kernel() * s.kernel();
  }

  private long bytes(long rows) {
    return rows * channels * problem.type().size;
  }

  private static long aligned(long bytes) {
    return (bytes + CudaDevice.ALIGNMENT - 1) / CudaDevice.ALIGNMENT * CudaDevice.ALIGNMENT;
  }

  /** For the two copies, then for the algorithm. */
  @Override
  public long workspace() {
    return aligned(bytes(rowsOfX())) + aligned(bytes(rowsOfW())) + inner.workspace();
  }

  @Override
  public void run(CudnnHandle handle, ConvOperands operands, CudaMemory workspace) {
    long startOfW = aligned(bytes(rowsOfX()));
    long start = startOfW + aligned(bytes(rowsOfW()));
    CudaMemory x = device.own(workspace.view(0, bytes(rowsOfX())));
    CudaMemory w = device.own(workspace.view(startOfW, bytes(rowsOfW())));
    CudaMemory rest = device.own(workspace.view(start, workspace.bytes() - start));
    boolean writesX = problem.direction() == ConvDirection.DATA;
    boolean writesW = problem.direction() == ConvDirection.WEIGHTS;
    int in = problem.shape().in();
    if (!writesX || problem.add()) {
      resize(operands.x(), in, x, channels, rowsOfX());
    }
    if (!writesW || problem.add()) {
      resize(operands.w(), in, w, channels, rowsOfW());
    }
    inner.run(handle, new ConvOperands(x, w, operands.y()), rest);
    if (writesX) {
      resize(x, channels, operands.x(), in, rowsOfX());
    } else if (writesW) {
      resize(w, channels, operands.w(), in, rowsOfW());
    }
  }

  private void resize(CudaMemory from, int columns, CudaMemory to, int newColumns, long rows) {
    device
        .kernel(resizing(problem.type()))
        .launchRows(rows, newColumns, from, to, columns, rows, newColumns);
  }

  /** The kernel that cuts and fills up channels. */
  static KernelSpec resizing(DType type) {
    return KernelSpec.of("convolution.cu", "resize_channels", type, 1);
  }

  @Override
  public void close() {
    inner.close();
  }
}
