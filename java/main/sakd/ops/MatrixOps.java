package sakd.ops;

import sakd.device.ConvShape;

/** Convolution and matrix product; see {@link Ops}. */
public interface MatrixOps {
  /**
   * x [batch.., H, W, in], w [out, k, k, in], y [batch.., OH, OW, out]; w is F32, or of x's type
   * where the library {@linkplain sakd.device.MatrixLibrary#roundsWeights rounds weights}.
   */
  void conv(ConvShape shape, Tensor x, Tensor w, Tensor y);

  /**
   * The gradient of {@link #conv} by x.
   *
   * @param add whether it is added to gradX
   */
  void convBackwardData(ConvShape shape, Tensor gradY, Tensor w, Tensor gradX, boolean add);

  /** The gradient of {@link #conv} by w, of a type that w may have. */
  void convBackwardWeights(ConvShape shape, Tensor x, Tensor gradY, Tensor gradW);

  /** c = op(a) op(b) + beta c; F32 matrices [rows, columns] (leading dimensions fold into rows). */
  void gemm(boolean transposeA, boolean transposeB, Tensor a, Tensor b, float beta, Tensor c);
}
