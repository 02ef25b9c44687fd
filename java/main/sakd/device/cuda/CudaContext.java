package sakd.device.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongConsumer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import sakd.device.Pending;

/**
 * The primary context of a GPU with three streams: work runs in one, in the order it was submitted;
 * in the second one, work that may run beside it; through the third, uploads go past the work. In a
 * fourth one, if the device is that of a rank, run the collectives, in the order they were called
 * in: that order is the same on all ranks, or they would wait for each other for ever.
 */
final class CudaContext implements AutoCloseable {
  /** JCuda's stream, which keeps its address to itself. */
  private static final class AddressedStream extends CUstream {
    long address() {
      return getNativePointer();
    }
  }

  /** Which context is a thread's: the driver is asked only when that changes. */
  private static final ThreadLocal<CudaContext> CURRENT = new ThreadLocal<>();

  private final String name;
  private final HostWait hostWait;
  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final CUstream main = new CUstream();
  private final CUstream side = new CUstream();
  private final CUstream uploads = new CUstream();
  private AddressedStream ranks;
  private final List<CUevent> made = new ArrayList<>();

  /** Those of them that nobody is to wait for. */
  private final Deque<CUevent> events = new ArrayDeque<>();

  private boolean beside;

  /** Whether the side stream was given work that the ranks' one has not been told to wait for. */
  private boolean ranksBehindSide;

  /** How many this rank has called or launched. */
  private long collectives;

  private boolean recording;
  private boolean closed;

  CudaContext(int index) {
    this.name = "cuda:" + index;
    this.hostWait = new HostWait(name);
    CudaErrors.check("finding " + name, JCudaDriver.cuDeviceGet(device, index));
    CudaErrors.check("opening " + name, JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
    try {
      makeCurrent();
      create(main);
      create(side);
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

  /** Where work is submitted: the main stream, or the side one while {@link #beside} runs. */
  CUstream work() {
    return beside ? side : main;
  }

  /** Whether work goes to the side stream now. */
  boolean isBeside() {
    return beside;
  }

  /**
   * Submits work to the side stream: after what the main one was given, and beside what follows.
   */
  Pending beside(Runnable work) {
    if (beside) {
      throw new IllegalStateException("work beside other work of " + name + " is beside already");
    }
    makeCurrent();
    order(main, side);
    ranksBehindSide = true;
    beside = true;
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      try {
        order(side, main);
      } catch (CudaFailure unordered) {
        e.addSuppressed(unordered);
      }
      throw e;
    } finally {
      beside = false;
    }
    CUevent done = record(side);
    return () -> {
      makeCurrent();
      await(main, done);
    };
  }

  /** Makes the stream of the ranks, if there is none. */
  void openRanks() {
    makeCurrent();
    if (ranks == null) {
      ranks = new AddressedStream();
      create(ranks);
    }
  }

  /** How the host waits for the device. */
  HostWait hostWait() {
    return hostWait;
  }

  /**
   * Submits a collective to the stream of the ranks: after what the other two were given, and
   * beside what follows. Events order them, so a recording takes it in.
   *
   * @param call gets that stream's address
   */
  Pending collective(LongConsumer call) {
    if (beside) {
      throw new IllegalStateException(
          "work beside other work of " + name + " cannot be a collective");
    }
    makeCurrent();
    order(main, ranks);
    if (ranksBehindSide) {
      order(side, ranks);
      ranksBehindSide = false;
    }
    try {
      call.accept(ranks.address());
    } catch (RuntimeException | Error e) {
      try {
        order(ranks, main);
      } catch (CudaFailure unordered) {
        e.addSuppressed(unordered);
      }
      throw e;
    }
    collectives++;
    CUevent done = record(ranks);
    return () -> {
      makeCurrent();
      await(main, done);
    };
  }

  /** How many collectives this rank has called; those of a graph count at each of its launches. */
  long collectives() {
    return collectives;
  }

  void addCollectives(long more) {
    collectives += more;
  }

  /** What the second stream is given from here on waits for what the first one was given. */
  private void order(CUstream first, CUstream second) {
    await(second, record(first));
  }

  private CUevent record(CUstream stream) {
    if (events.isEmpty()) {
      events.push(newEvent());
      made.add(events.peek());
    }
    CUevent event = events.pop();
    CudaErrors.check("ordering work on " + name, JCudaDriver.cuEventRecord(event, stream));
    return event;
  }

  /** The event may be recorded anew afterwards: the wait is for what it stood for now. */
  private void await(CUstream stream, CUevent event) {
    CudaErrors.check("ordering work on " + name, JCudaDriver.cuStreamWaitEvent(stream, event, 0));
    events.push(event);
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
    // What the side stream was given outside of a recording is no part of it, nor the other way.
    ranksBehindSide = false;
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
    hostWait.forStream(side);
    hostWait.forStream(main);
    if (ranks != null) {
      hostWait.forStream(ranks);
    }
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
      if (ranks != null) {
        JCudaDriver.cuStreamDestroy(ranks);
      }
      JCudaDriver.cuStreamDestroy(uploads);
      JCudaDriver.cuStreamDestroy(side);
      JCudaDriver.cuStreamDestroy(main);
      made.forEach(JCudaDriver::cuEventDestroy);
      release();
    }
  }
}
