package sakd.device;

/**
 * What the vendor's library does on a device: convolution and matrix product. Activations x, y and
 * their gradients are of the storage type given; weights w and their gradients are float32,
 * channels last ({@link ConvShape}). Results are assigned. Arithmetic accumulates in float32; where
 * a library multiplies the storage type alone, it rounds w to that first, and the gradient of w
 * once before it is float32.
 */
public interface MatrixLibrary extends AutoCloseable {
  /** Name and version. */
  String name();

  /**
   * Whether a convolution rounds w to the storage type at each call, and so takes it rounded by the
   * caller as well: one copy then serves all calls until the weights change.
   */
  default boolean roundsWeights() {
    return false;
  }

  /**
   * y = x * w.
   *
   * @param weights type of w: F32, or {@code storage} where {@link #roundsWeights}
   */
  void convForward(ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y);

  /** Whether {@link #convBackwardData} can add to what gradX holds. */
  default boolean addsGradients() {
    return false;
  }

  /**
   * The gradient by x; w as in {@link #convForward}.
   *
   * @param add whether it is added to gradX, with one rounding; true only where {@link
   *     #addsGradients}
   */
  void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add);

  /**
   * The gradient by w.
   *
   * @param gradients type of gradW: F32, or {@code storage} where {@link #roundsWeights}
   */
  void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW);

  /**
   * c = op(a) op(b) + beta c, float32, row-major; op(a) is [m, k], op(b) is [k, n], c is [m, n]. A
   * transposed operand is stored as [k, m] or [n, k].
   */
  void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c);

  @Override
  void close();
}
