package sakd.device.opencl;

import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Memory;

/** A way to compute convolutions, as {@link sakd.device.MatrixLibrary} has them. */
interface Conv extends AutoCloseable {
  void forward(ConvShape shape, DType storage, Memory x, Memory w, Memory y);

  void backwardData(ConvShape shape, DType storage, Memory gradY, Memory w, Memory gradX);

  void backwardWeights(ConvShape shape, DType storage, Memory x, Memory gradY, Memory gradW);

  /** Bytes kept between calls. */
  long scratchBytes();

  @Override
  void close();
}
