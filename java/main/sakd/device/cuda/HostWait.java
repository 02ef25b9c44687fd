package sakd.device.cuda;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import jcuda.driver.CUevent;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * How the host waits for a GPU: as the driver does, or where its work may wait for other ranks, by
 * looking, as one that is gone would never let a plain wait return.
 */
final class HostWait {
  /** What may become of a wait for other ranks. */
  interface Watch {
    /** The host begins to wait. */
    void begin();

    /**
     * Asked from time to time meanwhile, and at the end.
     *
     * @throws RuntimeException if the other ranks will not come
     */
    void check();

    /** It goes on. */
    void end();
  }

  /** So many looks are made without a pause, a millisecond or two; and between two checks. */
  private static final int LOOKS = 1000;

  private static final long PAUSE_NANOS = 50_000;

  private final String device;
  private Watch watch;

  HostWait(String device) {
    this.device = device;
  }

  /**
   * Sets who watches.
   *
   * @param by null for nobody
   */
  void watch(Watch by) {
    watch = by;
  }

  /** Waits for what a stream was given. */
  void forStream(CUstream stream) {
    int status =
        watch == null
            ? JCudaDriver.cuStreamSynchronize(stream)
            : watched(() -> JCudaDriver.cuStreamQuery(stream));
    CudaErrors.check("waiting for " + device, status);
  }

  /** Waits for an event; one that was never recorded is no wait. */
  void forEvent(CUevent event) {
    int status =
        watch == null
            ? JCudaDriver.cuEventSynchronize(event)
            : watched(() -> JCudaDriver.cuEventQuery(event));
    CudaErrors.check("waiting for " + device, status);
  }

  private int watched(IntSupplier query) {
    Watch by = watch;
    int status = query.getAsInt();
    if (status != CUresult.CUDA_ERROR_NOT_READY) {
      return status;
    }
    by.begin();
    for (int looks = 1; status == CUresult.CUDA_ERROR_NOT_READY; looks++) {
      if (looks % LOOKS == 0) {
        by.check();
      }
      if (looks < LOOKS) {
        Thread.onSpinWait();
      } else {
        // A long wait leaves the processor to those that wait for one.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      status = query.getAsInt();
    }
    by.check();
    by.end();
    return status;
  }
}
