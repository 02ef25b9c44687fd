package sakd.device.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The primary context of a GPU with two streams: work runs in one, in the order it was submitted;
 * through the other, uploads go past the work.
 */
final class CudaContext implements AutoCloseable {
  /** Which context is a thread's: the driver is asked only when that changes. */
  private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

  private final String name;
  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream work = new CUstream();
  private final CUstream uploads = new CUstream();
  private boolean recording;
  private boolean closed;

  CudaContext(int index) {
    this.name = "cuda:" + index;
    CudaErrors.check("finding " + name, JCudaDriver.cuDeviceGet(device, index));
    CudaErrors.check("opening " + name, JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    try {
      makeCurrent();
      create(work);
      create(uploads);
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private void create(CUstream stream) {
    CudaErrors.check(
        "making a stream on " + name,
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING));
  }

  String name() {
    return name;
  }

  CUdevice device() {
    return device;
  }

  /** Where all work is submitted. */
  CUstream work() {
    return work;
  }

  /** Where bytes come in. */
  CUstream uploads() {
    return uploads;
  }

  /** Makes this context the calling thread's; every use of the device begins with it. */
  void makeCurrent() {
    if (closed) {
      throw new IllegalStateException("device " + name + " is closed");
    }
    if (CURRENT.get() != this) {
      CudaErrors.check("using " + name, JCudaDriver.cuCtxSetCurrent(context));
      CURRENT.set(this);
    }
  }

  /** For what a recording cannot hold: refuses it while there is one. */
  void requireNotRecording(String operation) {
    if (recording) {
      throw new CudaFailure(operation + " cannot be part of a recorded graph");
    }
  }

  void setRecording(boolean recording) {
    this.recording = recording;
  }

  int attribute(int which) {
    int[] value = new int[1];
    CudaErrors.check(
        "asking " + name + " for attribute " + which,
        JCudaDriver.cuDeviceGetAttribute(value, which, device));
    return value[0];
  }

  /** An event that orders streams; it measures no time. */
  CUevent newEvent() {
    return newEvent(CUevent_flags.CU_EVENT_DISABLE_TIMING);
  }

  CUevent newEvent(int flags) {
    CUevent event = new CUevent();
    CudaErrors.check("making an event on " + name, JCudaDriver.cuEventCreate(event, flags));
    return event;
  }

  /** Waits for all work. */
  void synchronize() {
    requireNotRecording("waiting for " + name);
    CudaErrors.check("waiting for " + name, JCudaDriver.cuStreamSynchronize(work));
  }

  private void release() {
    CURRENT.remove();
    JCudaDriver.cuCtxSetCurrent(new CUcontext());
    JCudaDriver.cuDevicePrimaryCtxRelease(device);
  }

  @Override
  public void close() {
    if (!closed) {
      makeCurrent();
      closed = true;
      JCudaDriver.cuStreamDestroy(uploads);
      JCudaDriver.cuStreamDestroy(work);
      release();
    }
  }
}
