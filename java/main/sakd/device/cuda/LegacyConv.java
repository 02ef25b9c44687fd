package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import sakd.device.ConvShape;
import sakd.device.DType;

/**
 * A convolution by cuDNN's calls from before its graphs, where no plan works: by one algorithm of
 * each direction that takes any shape and type and gives the same result each time.
 */
final class LegacyConv implements ConvAlgorithm {
  /** CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM and both CUDNN_CONVOLUTION_BWD_..._ALGO_1. */
  private static final int ALGORITHM = 1;

  private final ConvProblem problem;
  private final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
  private final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
  private final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
  private final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
  private final ByteBuffer factors =
      ByteBuffer.allocateDirect(2 * Float.BYTES).order(ByteOrder.nativeOrder());
  private final Pointer alpha = Pointer.to(factors);
  private final Pointer beta = alpha.withByteOffset(Float.BYTES);
  private final long workspace;

  /**
   * Describes the problem.
   *
   * @throws CudaFailure if cuDNN cannot do it in this way
   */
  LegacyConv(CudnnHandle handle, ConvProblem problem) {
    this.problem = problem;
    factors.putFloat(0, 1).putFloat(Float.BYTES, problem.add() ? 1 : 0);
    check(JCudnn.cudnnCreateTensorDescriptor(x));
    check(JCudnn.cudnnCreateTensorDescriptor(y));
    check(JCudnn.cudnnCreateFilterDescriptor(w));
    check(JCudnn.cudnnCreateConvolutionDescriptor(convolution));
    try {
      describe(problem.shape(), problem.type());
      this.workspace = askWorkspace(handle);
    } catch (CudaFailure e) {
      close();
      throw e;
    }
  }

  private void describe(ConvShape s, DType type) {
    int data = ConvGraph.number(type);
    int format = cudnnTensorFormat.CUDNN_TENSOR_NHWC;
    check(
        JCudnn.cudnnSetTensor4dDescriptor(
            x, format, data, s.batch(), s.in(), s.height(), s.width()));
    check(
        JCudnn.cudnnSetTensor4dDescriptor(
            y, format, data, s.batch(), s.out(), s.outHeight(), s.outWidth()));
    check(
        JCudnn.cudnnSetFilter4dDescriptor(
            w, data, format, s.out(), s.in(), s.kernel(), s.kernel()));
    check(
        JCudnn.cudnnSetConvolution2dDescriptor(
            convolution,
            s.pad(),
            s.pad(),
            s.stride(),
            s.stride(),
            s.dilation(),
            s.dilation(),
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            ConvGraph.FLOAT));
    // Float32 is float32: no TF32.
    check(
        JCudnn.cudnnSetConvolutionMathType(
            convolution,
            type == DType.F32 ? cudnnMathType.CUDNN_FMA_MATH : cudnnMathType.CUDNN_TENSOR_OP_MATH));
  }

  private long askWorkspace(CudnnHandle handle) {
    long[] bytes = new long[1];
    check(
        switch (problem.direction()) {
          case FORWARD ->
              JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
                  handle, x, w, convolution, y, ALGORITHM, bytes);
          case DATA ->
              JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
                  handle, w, y, convolution, x, ALGORITHM, bytes);
          case WEIGHTS ->
              JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
                  handle, x, y, convolution, w, ALGORITHM, bytes);
        });
    return bytes[0];
  }

  @Override
  public long workspace() {
    return workspace;
  }

  @Override
  public void run(CudnnHandle handle, ConvOperands o, CudaMemory space) {
    Pointer xs = o.x().pointer();
    Pointer ws = o.w().pointer();
    Pointer ys = o.y().pointer();
    Pointer work = space.pointer();
    check(
        switch (problem.direction()) {
          case FORWARD ->
              JCudnn.cudnnConvolutionForward(
                  handle,
                  alpha,
                  x,
                  xs,
                  w,
                  ws,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  y,
                  ys);
          case DATA ->
              JCudnn.cudnnConvolutionBackwardData(
                  handle,
                  alpha,
                  w,
                  ws,
                  y,
                  ys,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  x,
                  xs);
          case WEIGHTS ->
              JCudnn.cudnnConvolutionBackwardFilter(
                  handle,
                  alpha,
                  x,
                  xs,
                  y,
                  ys,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  w,
                  ws);
        });
  }

  private void check(int status) {
    if (status != 0) {
      CudaErrors.checkCudnn(problem + " without a plan", status);
    }
  }

  @Override
  public void close() {
    JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    JCudnn.cudnnDestroyFilterDescriptor(w);
    JCudnn.cudnnDestroyTensorDescriptor(y);
    JCudnn.cudnnDestroyTensorDescriptor(x);
  }
}
