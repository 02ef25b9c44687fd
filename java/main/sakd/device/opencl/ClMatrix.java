package sakd.device.opencl;

import static sakd.device.opencl.ClBlast.Matrix.whole;

import sakd.base.UserError;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/** Matrix products by CLBlast, convolutions in the ways that are fastest on the device. */
final class ClMatrix implements MatrixLibrary {
  private final OpenClDevice device;
  private final ClBlast blast;

  /** Made at the first convolution, because the fastest may have to be found out first. */
  private ConvTuning.Choice convolutions;

  /**
   * Loads CLBlast for the device.
   *
   * @throws UserError if it has no version for this system
   */
  ClMatrix(OpenClDevice device) {
    this.device = device;
    this.blast = new ClBlast(device);
  }

  @Override
  public String name() {
    return ClBlast.NAME;
  }

  private ConvTuning.Choice convolutions(DType storage) {
    if (!device.supports(storage)) {
      throw new IllegalArgumentException(device.name() + " has no storage " + storage);
    }
    if (convolutions == null) {
      convolutions = new ConvTuning(device, blast).choose();
    }
    return convolutions;
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    convolutions(storage).data().forward(shape, storage, x, w, y);
  }

  @Override
  public void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add) {
    convolutions(storage).data().backwardData(shape, storage, gradY, w, gradX);
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    convolutions(storage).weights().backwardWeights(shape, storage, x, gradY, gradW);
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c) {
    blast.product(transposeA, transposeB, m, n, k, whole(a), whole(b), beta, whole(c));
  }

  long scratchBytes() {
    return convolutions == null ? 0 : convolutions.scratchBytes();
  }

  @Override
  public void close() {
    if (convolutions != null) {
      convolutions.close();
    }
    blast.close();
  }
}
