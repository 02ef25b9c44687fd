package sakd.ranks;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import sakd.base.UserError;

/**
 * Collectives of MPI on memory of this process, in the order in which they are asked for. One
 * thread makes all calls and is what drives them on: it is awake where somebody waits for the
 * result and there is a processor for it, else it looks every now and then and leaves the
 * processors to those who compute.
 */
public final class Mpi {
  /** Bytes that MPI is told of at a time: it counts elements in an int. */
  private static final int PIECE = 1 << 30;

  private static final int FLOAT = 4;
  private static final int BFLOAT = 2;

  /** Short sums are done within it. */
  private static final long AWAKE_NANOS = 50_000;

  /** About what the system makes of shorter ones. */
  private static final long NAP_NANOS = 100_000;

  /** How long MPI may take to end, all having done their work. */
  private static final int END_SECONDS = 10;

  private final World world;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread t = new Thread(work, "sakd MPI");
            t.setDaemon(true);
            return t;
          });
  private MpiLibrary library;

  /** How many wait for the thread. */
  private volatile int waiting;

  private Mpi(World world) {
    this.world = world;
  }

  /**
   * Joins the processes that the launcher has started.
   *
   * @throws UserError if MPI is missing, or has not been started by this launcher
   */
  static Mpi join(World world, Launch launch) {
    Mpi mpi = new Mpi(world);
    boolean mpich = launch.by() == Launch.By.MPICH;
    mpi.done(mpi.submit(() -> mpi.library = load(mpich)));
    int[] found = new int[2];
    mpi.done(
        mpi.submit(
            () -> {
              found[0] = mpi.library.rank();
              found[1] = mpi.library.size();
            }));
    if (found[0] != launch.rank() || found[1] != launch.size()) {
      throw new UserError(
          String.format(
              "MPI, by which processes add up on this device, has not been told of the %d that %s"
                  + " has started; start them with mpirun -np %d",
              launch.size(), launch.by().text, launch.size()));
    }
    return mpi;
  }

  private static MpiLibrary load(boolean mpich) {
    // UCX, where MPI uses it, would take the signals by which Java's threads are brought to a halt.
    if (System.getenv("UCX_ERROR_SIGNALS") == null) {
      Function.getFunction("c", "setenv").invokeInt(new Object[] {"UCX_ERROR_SIGNALS", "", 1});
    }
    return MpiLibrary.open(mpich);
  }

  /** The library in one line: {@code Open MPI v4.1.4}. */
  public String version() {
    String[] text = new String[1];
    done(submit(() -> text[0] = library.version()));
    return text[0];
  }

  /** Adds so many numbers of 16 bits to others, in place. */
  @FunctionalInterface
  public interface Adder {
    void add(Pointer from, Pointer to, int count);
  }

  /** Says how {@link #sumBfloats} adds. */
  public void addBfloatsBy(Adder adder) {
    done(
        submit(
            () ->
                library.addBfloatsBy(
                    (in, inOut, length, type) -> adder.add(in, inOut, length.getInt(0)))));
  }

  /** A collective that goes on beside the caller. */
  public final class Work {
    private final CompletableFuture<Void> future;

    private Work(CompletableFuture<Void> future) {
      this.future = future;
    }

    /** Waits for its end. */
    public void await() {
      done(future);
    }
  }

  /** So many float32 from {@code address} = their sums over all ranks. */
  public Work sumFloats(long address, long count) {
    return collective(
        () -> {
          for (long i = 0; i < count; i += PIECE / FLOAT) {
            long at = address + i * FLOAT;
            int n = (int) Math.min(PIECE / FLOAT, count - i);
            run(request -> library.sumFloats(at, n, request));
          }
        });
  }

  /** So many bfloat16 from {@code address} = their sums, rounded after each addition. */
  public Work sumBfloats(long address, long count) {
    return collective(
        () -> {
          for (long i = 0; i < count; i += PIECE / BFLOAT) {
            long at = address + i * BFLOAT;
            int n = (int) Math.min(PIECE / BFLOAT, count - i);
            run(request -> library.sumBfloats(at, n, request));
          }
        });
  }

  /** all = the parts of all ranks, of {@code bytes} each. */
  public Work gather(long part, long all, long bytes) {
    return collective(
        () -> {
          if (bytes * world.size() <= PIECE) {
            run(request -> library.gather(part, all, (int) bytes, request));
            return;
          }
          // The pieces of a part do not lie one after another in what is gathered.
          copy(part, all + world.rank() * bytes, bytes);
          for (int rank = 0; rank < world.size(); rank++) {
            broadcastPieces(all + rank * bytes, bytes, rank);
          }
        });
  }

  private static void copy(long from, long to, long bytes) {
    for (long i = 0; i < bytes; i += PIECE) {
      long n = Math.min(PIECE, bytes - i);
      new Pointer(to + i).getByteBuffer(0, n).put(new Pointer(from + i).getByteBuffer(0, n));
    }
  }

  /** So many bytes from {@code address} = those of rank 0. */
  public Work broadcast(long address, long bytes) {
    return collective(() -> broadcastPieces(address, bytes, 0));
  }

  private void broadcastPieces(long address, long bytes, int root) {
    for (long i = 0; i < bytes; i += PIECE) {
      long at = address + i;
      int n = (int) Math.min(PIECE, bytes - i);
      run(request -> library.broadcast(at, n, root, request));
    }
  }

  /** The bytes of rank 0; all have as many. */
  byte[] broadcast(byte[] bytes) {
    try (Memory memory = new Memory(bytes.length)) {
      memory.write(0, bytes, 0, bytes.length);
      broadcast(Pointer.nativeValue(memory), bytes.length).await();
      return memory.getByteArray(0, bytes.length);
    }
  }

  /** Waits for all ranks. */
  public Work barrier() {
    return collective(() -> run(library::barrier));
  }

  /** Ends MPI, all having done their work. */
  void leave() {
    try {
      submit(library::end).get(END_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // Nothing is left to be said.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Work collective(Runnable calls) {
    return new Work(
        submit(
            () -> {
              world.begin(1);
              calls.run();
              world.end(1);
            }));
  }

  private CompletableFuture<Void> submit(Runnable work) {
    return CompletableFuture.runAsync(work, thread);
  }

  private void done(CompletableFuture<Void> future) {
    synchronized (this) {
      waiting++;
    }
    try {
      future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("stopped while it waited for MPI");
    } finally {
      synchronized (this) {
        waiting--;
      }
    }
  }

  /** On the thread: begins a call, and drives it on to its end; others may have the processor. */
  @SuppressWarnings("ThreadPriorityCheck")
  private void run(Consumer<Memory> call) {
    try (Memory request = MpiLibrary.request()) {
      call.accept(request);
      long start = System.nanoTime();
      while (!library.isDone(request)) {
        boolean awake = waiting > 0 && world.processors() >= 1;
        if (awake || System.nanoTime() - start < AWAKE_NANOS) {
          Thread.yield();
        } else {
          LockSupport.parkNanos(NAP_NANOS);
        }
      }
    } catch (IllegalStateException e) {
      // MPI says that a connection is gone; the others say who.
      world.awaitEnd();
      throw e;
    }
  }
}
