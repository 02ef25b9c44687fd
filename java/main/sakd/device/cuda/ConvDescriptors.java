package sakd.device.cuda;

import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import sakd.device.ConvShape;
import sakd.device.DType;

/** A convolution in cuDNN's terms: all tensors of one type, channels last, sums in float32. */
final class ConvDescriptors implements AutoCloseable {
  private final cudnnTensorDescriptor x = new cudnnTensorDescriptor();
  private final cudnnTensorDescriptor y = new cudnnTensorDescriptor();
  private final cudnnFilterDescriptor w = new cudnnFilterDescriptor();
  private final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
  private final String what;

  ConvDescriptors(ConvShape s, DType type) {
    what = "describing " + s + " in " + type;
    check(JCudnn.cudnnCreateTensorDescriptor(x));
    check(JCudnn.cudnnCreateTensorDescriptor(y));
    check(JCudnn.cudnnCreateFilterDescriptor(w));
    check(JCudnn.cudnnCreateConvolutionDescriptor(convolution));
    int data = data(type);
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
            1,
            1,
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            cudnnDataType.CUDNN_DATA_FLOAT));
  }

  private static int data(DType type) {
    return switch (type) {
      case F32 -> cudnnDataType.CUDNN_DATA_FLOAT;
      case F16 -> cudnnDataType.CUDNN_DATA_HALF;
      case BF16 -> cudnnDataType.CUDNN_DATA_BFLOAT16;
      default -> throw new IllegalArgumentException("no convolution in " + type);
    };
  }

  /** Tensor cores for 16 bits; float32 is float32, without TF32. */
  static int math(DType type) {
    return type == DType.F32 ? cudnnMathType.CUDNN_FMA_MATH : cudnnMathType.CUDNN_TENSOR_OP_MATH;
  }

  void setMath(int math) {
    check(JCudnn.cudnnSetConvolutionMathType(convolution, math));
  }

  cudnnTensorDescriptor x() {
    return x;
  }

  cudnnTensorDescriptor y() {
    return y;
  }

  cudnnFilterDescriptor w() {
    return w;
  }

  cudnnConvolutionDescriptor convolution() {
    return convolution;
  }

  private void check(int status) {
    CudaErrors.checkCudnn(what, status);
  }

  @Override
  public void close() {
    JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    JCudnn.cudnnDestroyFilterDescriptor(w);
    JCudnn.cudnnDestroyTensorDescriptor(y);
    JCudnn.cudnnDestroyTensorDescriptor(x);
  }
}
