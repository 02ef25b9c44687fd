package sakd.device.opencl;

import java.nio.ByteBuffer;
import org.jocl.CL;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import sakd.device.Memory;

/** Moves bytes to, from and within a device's memory. Buffers keep their position. */
final class ClTransfers {
  private ClTransfers() {}

  /** Waits, so that the buffer may be reused. */
  static void upload(cl_command_queue queue, ByteBuffer from, ClMemory to) {
    int bytes = checked(from, to, "upload");
    if (bytes == 0) {
      return;
    }
    try {
      CL.clEnqueueWriteBuffer(
          queue,
          to.buffer(),
          true,
          to.offset(),
          bytes,
          Pointer.toBuffer(from.isReadOnly() ? copied(from) : from),
          0,
          null,
          null);
    } catch (CLException e) {
      throw ClErrors.failure("upload of " + bytes + " bytes", e);
    }
  }

  private static ByteBuffer copied(ByteBuffer from) {
    return ByteBuffer.allocateDirect(from.remaining()).put(from.duplicate()).flip();
  }

  /** Waits for the work before it and for itself. */
  static void download(cl_command_queue queue, ClMemory from, ByteBuffer to) {
    int bytes = checked(to, from, "download");
    if (bytes == 0) {
      return;
    }
    try {
      CL.clEnqueueReadBuffer(
          queue, from.buffer(), true, from.offset(), bytes, Pointer.toBuffer(to), 0, null, null);
    } catch (CLException e) {
      throw ClErrors.failure("download of " + bytes + " bytes", e);
    }
  }

  private static int checked(ByteBuffer buffer, Memory memory, String what) {
    if (buffer.remaining() > memory.bytes()) {
      throw new IllegalArgumentException(
          what + " of " + buffer.remaining() + " bytes, but the memory has " + memory.bytes());
    }
    return buffer.remaining();
  }

  static void copy(cl_command_queue queue, ClMemory from, ClMemory to) {
    if (from.bytes() != to.bytes()) {
      throw new IllegalArgumentException(
          "copy of " + from.bytes() + " bytes to memory of " + to.bytes());
    }
    if (from.bytes() == 0) {
      return;
    }
    try {
      CL.clEnqueueCopyBuffer(
          queue,
          from.buffer(),
          to.buffer(),
          from.offset(),
          to.offset(),
          from.bytes(),
          0,
          null,
          null);
    } catch (CLException e) {
      throw ClErrors.failure("copy of " + from.bytes() + " bytes", e);
    }
  }

  static void zero(cl_command_queue queue, ClMemory memory) {
    long bytes = memory.bytes();
    if (bytes == 0) {
      return;
    }
    // The size must be a multiple of the pattern's, and long patterns are faster.
    int pattern = bytes % 16 == 0 ? 16 : bytes % 4 == 0 ? 4 : 1;
    try {
      CL.clEnqueueFillBuffer(
          queue,
          memory.buffer(),
          Pointer.to(new byte[pattern]),
          pattern,
          memory.offset(),
          bytes,
          0,
          null,
          null);
    } catch (CLException e) {
      throw ClErrors.failure("zeroing " + bytes + " bytes", e);
    }
  }
}
