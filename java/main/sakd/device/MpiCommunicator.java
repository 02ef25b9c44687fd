package sakd.device;

import com.sun.jna.Pointer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.util.function.ToLongFunction;
import sakd.ranks.Mpi;
import sakd.ranks.World;

/**
 * Sums by MPI: on the device's memory itself where that is the process's own, else on a copy of it,
 * to which the host waits for the device.
 */
public final class MpiCommunicator implements Communicator {
  /** Bytes that one transfer takes. */
  private static final int PIECE = 1 << 30;

  private final World world;
  private final Mpi mpi;
  private final Device device;
  private final ToLongFunction<Memory> address;

  private MpiCommunicator(World world, Device device, ToLongFunction<Memory> address) {
    this.world = world;
    this.mpi = world.mpi();
    this.device = device;
    this.address = address;
    mpi.addBfloatsBy(MpiCommunicator::add);
  }

  /**
   * Of a device whose memory is the process's own and whose calls return when their work is done.
   *
   * @param address where a piece of memory starts
   */
  public static MpiCommunicator inPlace(
      World world, Device device, ToLongFunction<Memory> address) {
    return new MpiCommunicator(world, device, address);
  }

  /** Of a device with memory of its own. */
  public static MpiCommunicator copying(World world, Device device) {
    return new MpiCommunicator(world, device, null);
  }

  private static void add(Pointer from, Pointer to, int count) {
    ShortBuffer a = bfloats(from, count);
    ShortBuffer b = bfloats(to, count);
    for (int i = 0; i < count; i++) {
      b.put(
          i,
          Half.bfloat16FromFloat(Half.bfloat16ToFloat(a.get(i)) + Half.bfloat16ToFloat(b.get(i))));
    }
  }

  private static ShortBuffer bfloats(Pointer at, int count) {
    return at.getByteBuffer(0, 2L * count).order(ByteOrder.nativeOrder()).asShortBuffer();
  }

  /** Memory of this process that stands for the device's. */
  private final class Host implements AutoCloseable {
    private final Memory memory;
    private final com.sun.jna.Memory copy;

    Host(Memory memory) {
      this.memory = memory;
      this.copy = address == null ? new com.sun.jna.Memory(Math.max(1, memory.bytes())) : null;
    }

    long address() {
      return copy == null ? address.applyAsLong(memory) : Pointer.nativeValue(copy);
    }

    Host read() {
      for (long i = 0; copy != null && i < memory.bytes(); i += PIECE) {
        long n = Math.min(PIECE, memory.bytes() - i);
        device.download(memory.view(i, n), copy.getByteBuffer(i, n));
      }
      return this;
    }

    void write() {
      for (long i = 0; copy != null && i < memory.bytes(); i += PIECE) {
        long n = Math.min(PIECE, memory.bytes() - i);
        device.upload(copy.getByteBuffer(i, n), memory.view(i, n));
      }
    }

    @Override
    public void close() {
      if (copy != null) {
        copy.close();
      }
    }
  }

  @Override
  public int rank() {
    return world.rank();
  }

  @Override
  public int size() {
    return world.size();
  }

  @Override
  public void sum(DType type, Memory memory) {
    sumBeside(type, memory).join();
  }

  @Override
  public Pending sumBeside(DType type, Memory memory) {
    Host host = new Host(memory).read();
    long count = memory.bytes() / type.size;
    Mpi.Work work =
        switch (type) {
          case F32 -> mpi.sumFloats(host.address(), count);
          case BF16 -> mpi.sumBfloats(host.address(), count);
          default -> throw new IllegalArgumentException("sums over ranks are not of " + type);
        };
    return () -> {
      try (host) {
        work.await();
        host.write();
      }
    };
  }

  @Override
  public void gather(Memory part, Memory all) {
    try (Host from = new Host(part).read();
        Host to = new Host(all)) {
      mpi.gather(from.address(), to.address(), part.bytes()).await();
      to.write();
    }
  }

  @Override
  public void broadcast(Memory memory) {
    try (Host host = new Host(memory).read()) {
      mpi.broadcast(host.address(), memory.bytes()).await();
      host.write();
    }
  }

  @Override
  public void barrier() {
    device.synchronize();
    mpi.barrier().await();
  }

  /** MPI itself ends when the process does: it cannot begin again. */
  @Override
  public void close() {}
}
