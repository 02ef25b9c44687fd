package sakd.device.cuda;

/** A way to compute one {@link ConvProblem} on any operands of it. */
interface ConvAlgorithm extends AutoCloseable {
  /** Bytes that it needs beside the operands. */
  long workspace();

  /**
   * Submits the computation to the stream of the handle.
   *
   * @param workspace of {@link #workspace} bytes or more
   * @throws CudaFailure if cuDNN refuses it
   */
  void run(CudnnHandle handle, ConvOperands operands, CudaMemory workspace);

  @Override
  void close();
}
