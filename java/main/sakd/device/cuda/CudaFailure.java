package sakd.device.cuda;

/** The driver or one of NVIDIA's libraries refused a call, or a recording cannot hold it. */
final class CudaFailure extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  CudaFailure(String message) {
    super(message);
  }
}
