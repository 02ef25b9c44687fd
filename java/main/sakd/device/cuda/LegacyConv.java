package sakd.device.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import sakd.device.ConvShape;
import sakd.device.DType;

/**
 * A convolution by cuDNN's calls from before its graphs, where no plan works: by one algorithm of
 * each direction that takes any shape and type and gives the same result each time.
 */
final class LegacyConv implements ConvAlgorithm {
  static {
    Native.register(LegacyConv.class, NativeLibrary.getInstance(CudaLibraries.CUDNN));
  }

  /** CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM and both CUDNN_CONVOLUTION_BWD_..._ALGO_1. */
  private static final int ALGORITHM = 1;

  private static final int NHWC = 1;
  private static final int CROSS_CORRELATION = 1;

  // cudnnMathType_t
  private static final int TENSOR_OP_MATH = 1;
  private static final int FMA_MATH = 3;

  private static final float[] ONE = {1};

  private static native int cudnnCreateTensorDescriptor(long[] descriptor);

  private static native int cudnnSetTensor4dDescriptor(
      long descriptor, int format, int type, int n, int c, int h, int w);

  private static native int cudnnDestroyTensorDescriptor(long descriptor);

  private static native int cudnnCreateFilterDescriptor(long[] descriptor);

  private static native int cudnnSetFilter4dDescriptor(
      long descriptor, int type, int format, int k, int c, int h, int w);

  private static native int cudnnDestroyFilterDescriptor(long descriptor);

  private static native int cudnnCreateConvolutionDescriptor(long[] descriptor);

  private static native int cudnnSetConvolution2dDescriptor(
      long descriptor,
      int padH,
      int padW,
      int strideH,
      int strideW,
      int dilationH,
      int dilationW,
      int mode,
      int type);

  private static native int cudnnSetConvolutionMathType(long descriptor, int math);

  private static native int cudnnDestroyConvolutionDescriptor(long descriptor);

  private static native int cudnnGetConvolutionForwardWorkspaceSize(
      long handle, long x, long w, long convolution, long y, int algorithm, long[] bytes);

  private static native int cudnnGetConvolutionBackwardDataWorkspaceSize(
      long handle, long w, long y, long convolution, long x, int algorithm, long[] bytes);

  private static native int cudnnGetConvolutionBackwardFilterWorkspaceSize(
      long handle, long x, long y, long convolution, long w, int algorithm, long[] bytes);

  private static native int cudnnConvolutionForward(
      long handle,
      float[] alpha,
      long x,
      long xData,
      long w,
      long wData,
      long convolution,
      int algorithm,
      long workspace,
      long bytes,
      float[] beta,
      long y,
      long yData);

  private static native int cudnnConvolutionBackwardData(
      long handle,
      float[] alpha,
      long w,
      long wData,
      long y,
      long yData,
      long convolution,
      int algorithm,
      long workspace,
      long bytes,
      float[] beta,
      long x,
      long xData);

  private static native int cudnnConvolutionBackwardFilter(
      long handle,
      float[] alpha,
      long x,
      long xData,
      long y,
      long yData,
      long convolution,
      int algorithm,
      long workspace,
      long bytes,
      float[] beta,
      long w,
      long wData);

  private final ConvProblem problem;
  private final float[] beta;

  // Zero until they are made.
  private long x;
  private long w;
  private long y;
  private long convolution;
  private final long workspace;

  /**
   * Describes the problem.
   *
   * @throws CudaFailure if cuDNN cannot do it in this way
   */
  LegacyConv(long handle, ConvProblem problem) {
    this.problem = problem;
    this.beta = new float[] {problem.add() ? 1 : 0};
    try {
      describe(problem.shape(), problem.type());
      this.workspace = askWorkspace(handle);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private void describe(ConvShape s, DType type) {
    int number = ConvGraph.number(type);
    long[] made = new long[1];
    check(cudnnCreateTensorDescriptor(made));
    x = made[0];
    check(cudnnCreateTensorDescriptor(made));
    y = made[0];
    check(cudnnCreateFilterDescriptor(made));
    w = made[0];
    check(cudnnCreateConvolutionDescriptor(made));
    convolution = made[0];
    check(cudnnSetTensor4dDescriptor(x, NHWC, number, s.batch(), s.in(), s.height(), s.width()));
    check(
        cudnnSetTensor4dDescriptor(
            y, NHWC, number, s.batch(), s.out(), s.outHeight(), s.outWidth()));
    check(cudnnSetFilter4dDescriptor(w, number, NHWC, s.out(), s.in(), s.kernel(), s.kernel()));
    check(
        cudnnSetConvolution2dDescriptor(
            convolution,
            s.pad(),
            s.pad(),
            s.stride(),
            s.stride(),
            1,
            1,
            CROSS_CORRELATION,
            ConvGraph.FLOAT));
    // Float32 is float32: no TF32.
    check(cudnnSetConvolutionMathType(convolution, type == DType.F32 ? FMA_MATH : TENSOR_OP_MATH));
  }

  private long askWorkspace(long handle) {
    long[] bytes = new long[1];
    check(
        switch (problem.direction()) {
          case FORWARD ->
              cudnnGetConvolutionForwardWorkspaceSize(
                  handle, x, w, convolution, y, ALGORITHM, bytes);
          case DATA ->
              cudnnGetConvolutionBackwardDataWorkspaceSize(
                  handle, w, y, convolution, x, ALGORITHM, bytes);
          case WEIGHTS ->
              cudnnGetConvolutionBackwardFilterWorkspaceSize(
                  handle, x, y, convolution, w, ALGORITHM, bytes);
        });
    return bytes[0];
  }

  @Override
  public long workspace() {
    return workspace;
  }

  @Override
  public void run(long handle, ConvOperands o, CudaMemory space) {
    long xData = o.x().address();
    long wData = o.w().address();
    long yData = o.y().address();
    long work = space.address();
    check(
        switch (problem.direction()) {
          case FORWARD ->
              cudnnConvolutionForward(
                  handle,
                  ONE,
                  x,
                  xData,
                  w,
                  wData,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  y,
                  yData);
          case DATA ->
              cudnnConvolutionBackwardData(
                  handle,
                  ONE,
                  w,
                  wData,
                  y,
                  yData,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  x,
                  xData);
          case WEIGHTS ->
              cudnnConvolutionBackwardFilter(
                  handle,
                  ONE,
                  x,
                  xData,
                  y,
                  yData,
                  convolution,
                  ALGORITHM,
                  work,
                  workspace,
                  beta,
                  w,
                  wData);
        });
  }

  private void check(int status) {
    if (status != 0) {
      CudaErrors.checkCudnn(problem + " without a plan", status);
    }
  }

  @Override
  public void close() {
    if (convolution != 0) {
      cudnnDestroyConvolutionDescriptor(convolution);
    }
    if (w != 0) {
      cudnnDestroyFilterDescriptor(w);
    }
    for (long tensor : new long[] {y, x}) {
      if (tensor != 0) {
        cudnnDestroyTensorDescriptor(tensor);
      }
    }
  }
}
