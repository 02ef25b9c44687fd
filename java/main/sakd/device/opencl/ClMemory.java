package sakd.device.opencl;

import java.util.HashMap;
import java.util.Map;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.cl_buffer_region;
import org.jocl.cl_mem;
import sakd.device.Memory;

/**
 * A buffer or a piece of one. OpenCL has no sub-buffers of sub-buffers, so every piece knows its
 * root and its offset there; the sub-buffer that a kernel needs is made at first use and belongs to
 * the root. Transfers and CLBlast take offsets and need none.
 */
final class ClMemory extends Memory {
  private record Range(long offset, long bytes) {}

  private final Root root;
  private final long offset;
  private final boolean owner;

  private ClMemory(Root root, long offset, long bytes, boolean owner) {
    super(bytes);
    this.root = root;
    this.offset = offset;
    this.owner = owner;
  }

  /** A whole buffer, which {@code device} releases when it is closed, if nobody has before. */
  static ClMemory of(OpenClDevice device, cl_mem buffer, long bytes) {
    return new ClMemory(new Root(device, buffer, bytes), 0, bytes, true);
  }

  /** The buffer that {@link #offset} counts in. */
  cl_mem buffer() {
    return root.open();
  }

  long offset() {
    return offset;
  }

  boolean belongsTo(OpenClDevice device) {
    return root.device == device;
  }

  /** What a kernel gets: a handle whose first byte is the first byte of this piece. */
  cl_mem handle() {
    return root.handle(offset, bytes());
  }

  @Override
  protected Memory slice(long from, long bytes) {
    root.open();
    if (from % root.device.alignment() != 0) {
      throw new IllegalArgumentException(
          "a view must start at a multiple of "
              + root.device.alignment()
              + " bytes on "
              + root.device.name()
              + ", not at "
              + from);
    }
    return new ClMemory(root, offset + from, bytes, false);
  }

  @Override
  public void close() {
    if (owner && root.close()) {
      root.device.forget(this);
    }
  }

  /** The buffer with the sub-buffers cut from it. */
  private static final class Root {
    private final OpenClDevice device;
    private final cl_mem buffer;
    private final long bytes;
    private final Map<Range, cl_mem> pieces = new HashMap<>();
    private boolean closed;

    Root(OpenClDevice device, cl_mem buffer, long bytes) {
      this.device = device;
      this.buffer = buffer;
      this.bytes = bytes;
    }

    cl_mem open() {
      if (closed) {
        throw new IllegalStateException("memory on " + device.name() + " is used after its close");
      }
      return buffer;
    }

    cl_mem handle(long offset, long length) {
      open();
      // A piece from the start can be the buffer itself: kernels are told sizes apart.
      return offset == 0
          ? buffer
          : pieces.computeIfAbsent(new Range(offset, Math.max(1, length)), this::cut);
    }

    private cl_mem cut(Range range) {
      try {
        return CL.clCreateSubBuffer(
            buffer,
            CL.CL_MEM_READ_WRITE,
            CL.CL_BUFFER_CREATE_TYPE_REGION,
            new cl_buffer_region(range.offset(), range.bytes()),
            null);
      } catch (CLException e) {
        throw ClErrors.failure(
            "a view of " + range.bytes() + " bytes at " + range.offset() + " of " + bytes, e);
      }
    }

    /** Whether this call closed it. */
    boolean close() {
      if (closed) {
        return false;
      }
      closed = true;
      pieces.values().forEach(CL::clReleaseMemObject);
      pieces.clear();
      CL.clReleaseMemObject(buffer);
      return true;
    }
  }
}
