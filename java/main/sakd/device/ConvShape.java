package sakd.device;

/**
 * A convolution: x [batch, height, width, in] with w [out, kernel, kernel, in] gives y [batch,
 * outHeight, outWidth, out]; cross-correlation as in every framework, zero padding on all sides.
 */
public record ConvShape(
    int batch, int height, int width, int in, int out, int kernel, int stride, int pad) {
  public ConvShape {
    if (batch < 1
        || height < 1
        || width < 1
        || in < 1
        || out < 1
        || kernel < 1
        || stride < 1
        || pad < 0) {
      throw new IllegalArgumentException("convolution sizes must be positive");
    }
    if (height + 2 * pad < kernel || width + 2 * pad < kernel) {
      throw new IllegalArgumentException(
          "a "
              + kernel
              + "x"
              + kernel
              + " convolution does not fit an image of "
              + height
              + "x"
              + width
              + " with padding "
              + pad);
    }
  }

  public int outHeight() {
    return (height + 2 * pad - kernel) / stride + 1;
  }

  public int outWidth() {
    return (width + 2 * pad - kernel) / stride + 1;
  }

  /** Multiply-accumulates of one forward pass over the whole batch. */
  public long macs() {
    return (long) batch * outHeight() * outWidth() * out * in * kernel * kernel;
  }
}
