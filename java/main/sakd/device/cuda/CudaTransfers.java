package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/**
 * Moves bytes between the host and a GPU, in pieces, through a ring of slots.
 *
 * <p>The copying engine reads the host's memory by itself only where that is pinned; so a piece is
 * first copied to the slot's pinned buffer, after which the caller's may be reused. From there it
 * goes to the slot's place on the device through the stream of uploads, which does not wait for the
 * work submitted before: the next batch comes in while this one is computed. The move to where it
 * is wanted, which the work before may still read, is part of the work's stream, after the upload;
 * a copy inside the device takes a fiftieth of the time of one to it. Two events guard a slot:
 * {@code arrived} (its pinned buffer has been read, the place on the device holds the piece) and
 * {@code moved} (the place has been read).
 */
final class CudaTransfers implements AutoCloseable {
  /** Of this size pieces move at the full speed of the bus. */
  static final int PIECE = 4 << 20;

  /** A batch of 224x224 images and its labels; the host runs ahead of the device by so much. */
  private static final int SLOTS = 8;

  private final CudaDevice device;
  private final CudaContext context;
  private final List<Slot> slots = new ArrayList<>();
  private int next;

  CudaTransfers(CudaDevice device) {
    this.device = device;
    this.context = device.context();
  }

  private final class Slot {
    private final Pointer pinned = new Pointer();
    private final ByteBuffer host;
    private final CudaMemory place;
    private final CUevent arrived;
    private final CUevent moved;

    Slot() {
      place = device.allocateOwn(PIECE);
      CudaErrors.check(
          "pinning " + PIECE + " bytes of the host's memory",
          JCudaDriver.cuMemHostAlloc(pinned, PIECE, 0));
      host = pinned.getByteBuffer(0, PIECE);
      arrived = context.newEvent();
      moved = context.newEvent();
    }

    /** Copies a piece in; returns when {@code from} has been read. */
    void upload(ByteBuffer from, CUdeviceptr to) {
      int bytes = from.remaining();
      context.hostWait().forEvent(arrived);
      host.clear().put(from);
      check(JCudaDriver.cuStreamWaitEvent(context.uploads(), moved, 0));
      check(JCudaDriver.cuMemcpyHtoDAsync(place.pointer(), pinned, bytes, context.uploads()));
      check(JCudaDriver.cuEventRecord(arrived, context.uploads()));
      check(JCudaDriver.cuStreamWaitEvent(context.work(), arrived, 0));
      check(JCudaDriver.cuMemcpyDtoDAsync(to, place.pointer(), bytes, context.work()));
      check(JCudaDriver.cuEventRecord(moved, context.work()));
    }

    /** Copies a piece out after all work submitted before. */
    void download(CUdeviceptr from, ByteBuffer to) {
      int bytes = to.remaining();
      context.hostWait().forEvent(arrived);
      check(JCudaDriver.cuMemcpyDtoHAsync(pinned, from, bytes, context.work()));
      context.hostWait().forStream(context.work());
      to.put(host.clear().limit(bytes));
    }

    private void check(int status) {
      CudaErrors.check("a transfer between the host and " + context.name(), status);
    }

    void close() {
      JCudaDriver.cuEventDestroy(moved);
      JCudaDriver.cuEventDestroy(arrived);
      JCudaDriver.cuMemFreeHost(pinned);
      place.close();
    }
  }

  /** The slots are taken in turn, and made at their first. */
  private Slot slot() {
    if (slots.size() < SLOTS) {
      slots.add(new Slot());
      return slots.get(slots.size() - 1);
    }
    next = (next + 1) % SLOTS;
    return slots.get(next);
  }

  /** The buffer keeps its position and may be reused when this returns. */
  void upload(ByteBuffer buffer, CudaMemory to) {
    ByteBuffer from = buffer.duplicate();
    int bytes = checked(from, to, "upload");
    context.requireNotRecording("an upload of " + bytes + " bytes");
    for (int done = 0; done < bytes; done += PIECE) {
      int piece = Math.min(PIECE, bytes - done);
      slot().upload(from.slice(from.position() + done, piece), to.pointer().withByteOffset(done));
    }
  }

  /** Waits for the work before it; the buffer keeps its position. */
  void download(CudaMemory from, ByteBuffer buffer) {
    ByteBuffer to = buffer.duplicate();
    int bytes = checked(to, from, "download");
    context.requireNotRecording("a download of " + bytes + " bytes");
    for (int done = 0; done < bytes; done += PIECE) {
      int piece = Math.min(PIECE, bytes - done);
      slot().download(from.pointer().withByteOffset(done), to.slice(to.position() + done, piece));
    }
  }

  private static int checked(ByteBuffer buffer, CudaMemory memory, String what) {
    if (buffer.remaining() > memory.bytes()) {
      throw new IllegalArgumentException(
          what + " of " + buffer.remaining() + " bytes, but the memory has " + memory.bytes());
    }
    return buffer.remaining();
  }

  @Override
  public void close() {
    slots.forEach(Slot::close);
    slots.clear();
  }
}
