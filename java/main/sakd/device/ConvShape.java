package sakd.device;

/**
 * A convolution: x [batch, height, width, in] with w [out, kernel, kernel, in] gives y [batch,
 * outHeight, outWidth, out]; cross-correlation as in every framework, zero padding on all sides.
 *
 * @param dilation how many pixels of x lie between neighbours of the window, 1 where they are
 *     neighbours in x too
 */
public record ConvShape(
    int batch,
    int height,
    int width,
    int in,
    int out,
    int kernel,
    int stride,
    int pad,
    int dilation) {
  public ConvShape {
    if (batch < 1
        || height < 1
        || width < 1
        || in < 1
        || out < 1
        || kernel < 1
        || stride < 1
        || pad < 0
        || dilation < 1) {
      throw new IllegalArgumentException("convolution sizes must be positive");
    }
    int reach = reach(kernel, dilation);
    if (height + 2 * pad < reach || width + 2 * pad < reach) {
      throw new IllegalArgumentException(
          "a "
              + reach
              + "x"
              + reach
              + " convolution does not fit an image of "
              + height
              + "x"
              + width
              + " with padding "
              + pad);
    }
  }

  /** Of windows without gaps. */
  public ConvShape(
      int batch, int height, int width, int in, int out, int kernel, int stride, int pad) {
    this(batch, height, width, in, out, kernel, stride, pad, 1);
  }

  /** Rows or columns from one end of a window to the other. */
  public int reach() {
    return reach(kernel, dilation);
  }

  private static int reach(int kernel, int dilation) {
    return dilation * (kernel - 1) + 1;
  }

  public int outHeight() {
    return (height + 2 * pad - reach()) / stride + 1;
  }

  public int outWidth() {
    return (width + 2 * pad - reach()) / stride + 1;
  }

  /** The same convolution of x with another number of channels. */
  public ConvShape withIn(int channels) {
    return new ConvShape(batch, height, width, channels, out, kernel, stride, pad, dilation);
  }

  /** Multiply-accumulates of one forward pass over the whole batch. */
  public long macs() {
    return (long) batch * outHeight() * outWidth() * out * in * kernel * kernel;
  }
}
