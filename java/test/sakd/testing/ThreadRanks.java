package sakd.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.Pending;
import sakd.device.cpu.CpuDevice;
import sakd.device.cpu.HostMemory;
import sakd.device.cpu.ReferenceDevice;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.ReferenceOps;

/**
 * Ranks that are threads of this process, each with a host device of its own; what they add up goes
 * through the Java heap. A rank that throws ends the others.
 */
public final class ThreadRanks {
  /** How long a rank waits for the others. */
  private static final int SECONDS = 60;

  private ThreadRanks() {}

  /** What each rank does; closes nothing that it was given. */
  @FunctionalInterface
  public interface Work<R> {
    R of(Ops ops) throws Exception;
  }

  /** Ranks on plain Java. */
  public static <R> List<R> onReference(int ranks, Work<R> work) {
    return run(ranks, ThreadRanks::reference, work);
  }

  private static Ops reference(Shared shared) {
    ReferenceDevice device = new ReferenceDevice();
    return new ReferenceOps(device, device.matrix(), shared);
  }

  /**
   * Rank 0 with the kernels of a device, which stays open, the others with compiled ones; needs a
   * C++ compiler.
   */
  public static <R> List<R> beside(Device device, int ranks, Work<R> work) {
    return run(
        ranks,
        c ->
            c.rank == 0
                ? new KernelOps(new RecordingDevice(device), c.transfersBy(device))
                : new KernelOps(CpuDevice.open(), c),
        work);
  }

  /** Ranks with compiled kernels; needs a C++ compiler. */
  public static <R> List<R> onCpu(int ranks, Work<R> work) {
    return run(ranks, c -> new KernelOps(CpuDevice.open(), c), work);
  }

  /** What every rank returned. */
  private static <R> List<R> run(int ranks, Function<Shared, Ops> open, Work<R> work) {
    CyclicBarrier barrier = new CyclicBarrier(ranks);
    byte[][] posted = new byte[ranks][];
    ExecutorService pool = Executors.newFixedThreadPool(ranks);
    List<Future<R>> results = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      Shared shared = new Shared(rank, ranks, barrier, posted, null);
      Callable<R> task =
          () -> {
            try (Ops ops = open.apply(shared)) {
              return work.of(ops);
            } catch (Throwable e) {
              pool.shutdownNow();
              throw e;
            }
          };
      results.add(pool.submit(task));
    }
    pool.shutdown();
    return Failures.first(results);
  }

  /** The failure of a rank, not that of those it left waiting. */
  private static final class Failures {
    static <R> List<R> first(List<Future<R>> results) {
      List<R> all = new ArrayList<>();
      Throwable failure = null;
      for (Future<R> result : results) {
        try {
          all.add(result.get());
        } catch (java.util.concurrent.ExecutionException e) {
          boolean left = e.getCause() instanceof Left;
          failure = failure == null || (failure instanceof Left && !left) ? e.getCause() : failure;
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      if (failure instanceof RuntimeException e) {
        throw e;
      }
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
      return all;
    }
  }

  /** Another rank did not come. */
  private static final class Left extends RuntimeException {
    private static final long serialVersionUID = 1;

    Left(Exception cause) {
      super(cause);
    }
  }

  /** {@code device} is null where memory is the host's. */
  private record Shared(int rank, int size, CyclicBarrier meeting, byte[][] posted, Device device)
      implements Communicator {
    private void meet() {
      try {
        meeting.await(SECONDS, TimeUnit.SECONDS);
      } catch (Exception e) {
        throw new Left(e);
      }
    }

    Shared transfersBy(Device other) {
      return new Shared(rank, size, meeting, posted, other);
    }

    /** What is in the memory, or a copy. */
    private ByteBuffer bytes(Memory memory) {
      int n = Math.toIntExact(memory.bytes());
      if (device == null) {
        return ((HostMemory) memory).buffer(0, n);
      }
      ByteBuffer copy = ByteBuffer.allocateDirect(n).order(ByteOrder.nativeOrder());
      device.download(memory, copy);
      return copy.clear();
    }

    /** Puts changed bytes into the memory. */
    private void put(ByteBuffer bytes, Memory memory) {
      if (device != null) {
        device.upload(bytes.clear(), memory);
      }
    }

    /** Everybody's bytes, until the next call. */
    private void post(Memory memory) {
      byte[] own = new byte[Math.toIntExact(memory.bytes())];
      bytes(memory).get(own);
      posted[rank] = own;
      meet();
    }

    @Override
    public void sum(DType type, Memory memory) {
      post(memory);
      ByteBuffer sums = bytes(memory);
      int elements = (int) memory.bytes() / type.size;
      for (int i = 0; i < elements; i++) {
        float sum = 0;
        for (byte[] part : posted) {
          ByteBuffer b = ByteBuffer.wrap(part).order(ByteOrder.nativeOrder());
          sum +=
              type == DType.F32 ? b.getFloat(4 * i) : Float.intBitsToFloat(b.getShort(2 * i) << 16);
        }
        if (type == DType.F32) {
          sums.putFloat(4 * i, sum);
        } else {
          int bits = Float.floatToRawIntBits(sum);
          sums.putShort(2 * i, (short) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16));
        }
      }
      put(sums, memory);
      meet();
    }

    @Override
    public Pending sumBeside(DType type, Memory memory) {
      sum(type, memory);
      return () -> {};
    }

    @Override
    public void gather(Memory part, Memory all) {
      post(part);
      ByteBuffer to = bytes(all);
      for (byte[] bytes : posted) {
        to.put(bytes);
      }
      put(to, all);
      meet();
    }

    @Override
    public void broadcast(Memory memory) {
      post(memory);
      put(bytes(memory).put(posted[0]), memory);
      meet();
    }

    @Override
    public void barrier() {
      meet();
    }

    @Override
    public void close() {}
  }
}
