package sakd.device.cpu;

import java.nio.ByteBuffer;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.Turn;

/** A device whose memory is the process's own and whose calls return when the work is done. */
public abstract class HostDevice implements Device {
  /** Bytes that one buffer can span. */
  private static final int COPY_BYTES = 1 << 30;

  private final Turn turn = new Turn(this::name);

  @Override
  public final Turn turn() {
    return turn;
  }

  @Override
  public int alignment() {
    return HostMemory.ALIGNMENT;
  }

  @Override
  public HostMemory allocate(long bytes) {
    return turn.during(
        () -> {
          return HostMemory.allocate(bytes);
        });
  }

  @Override
  public void upload(ByteBuffer from, Memory to) {
    turn.during(
        () -> {
          ((HostMemory) to).buffer(0, from.remaining()).put(from.duplicate());
        });
  }

  @Override
  public void download(Memory from, ByteBuffer to) {
    turn.during(
        () -> {
          to.duplicate().put(((HostMemory) from).buffer(0, to.remaining()));
        });
  }

  @Override
  public void copy(Memory from, Memory to) {
    turn.during(
        () -> {
          if (from.bytes() != to.bytes()) {
            throw new IllegalArgumentException(
                "cannot copy " + from.bytes() + " bytes to " + to.bytes());
          }
          for (long at = 0; at < from.bytes(); at += COPY_BYTES) {
            int n = (int) Math.min(COPY_BYTES, from.bytes() - at);
            ((HostMemory) to).buffer(at, n).put(((HostMemory) from).buffer(at, n));
          }
        });
  }

  @Override
  public void zero(Memory memory) {
    turn.during(
        () -> {
          ((HostMemory) memory).clear();
        });
  }

  @Override
  public void synchronize() {}
}
