package sakd.device.cuda;

import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnHandle;
import jcuda.runtime.cudaStream_t;

/** cuDNN opened for the stream of work; JCuda's handle keeps its address to itself. */
final class CudnnHandle extends cudnnHandle implements AutoCloseable {
  /** For the stream that the device submits to now. */
  static CudnnHandle open(CudaDevice device) {
    CudnnHandle handle = new CudnnHandle();
    CudaErrors.checkCudnn("opening", JCudnn.cudnnCreate(handle));
    CudaErrors.checkCudnn(
        "taking a stream",
        JCudnn.cudnnSetStream(handle, new cudaStream_t(device.context().work())));
    return handle;
  }

  private CudnnHandle() {}

  long address() {
    return getNativePointer();
  }

  @Override
  public void close() {
    JCudnn.cudnnDestroy(this);
  }
}
