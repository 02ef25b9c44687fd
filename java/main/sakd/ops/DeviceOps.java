package sakd.ops;

import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.storage;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import sakd.device.CapturedGraph;
import sakd.device.Communicator;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;
import sakd.device.Pending;
import sakd.device.Turn;

/** What all implementations do alike: memory by a pool, matrix products by a library. */
abstract class DeviceOps implements Ops {
  /**
   * As many works of the second queue wait to be joined: enough that each has the time of the next
   * one too, and few, because what they read is kept meanwhile.
   */
  private static final int MOST_PENDING = 2;

  private final Device device;
  private final Turn turn;
  private final MatrixLibrary matrix;
  private final TensorPool pool;
  private final Communicator communicator;
  private final Deque<Pending> pending = new ArrayDeque<>();

  /** Sums over ranks that nobody has waited for. */
  private final Deque<Pending> sums = new ArrayDeque<>();

  DeviceOps(Device device, MatrixLibrary matrix, Communicator communicator) {
    this.device = device;
    this.communicator = communicator;
    this.turn = device.turn();
    this.matrix = matrix;
    this.pool = new TensorPool(device);
  }

  @Override
  public final Device device() {
    return device;
  }

  @Override
  public final Tensor allocate(DType type, int... shape) {
    return pool.allocate(type, shape);
  }

  @Override
  public final MemoryReport memoryReport() {
    long own = device.ownBytes();
    return new MemoryReport(pool.current() + own, pool.peak() + own, pool.kept());
  }

  @Override
  public final void resetPeak() {
    pool.resetPeak();
  }

  @Override
  public final Optional<CapturedGraph> capture(Runnable work) {
    return turn.during(
        () -> {
          Optional<CapturedGraph> graph = Optional.empty();
          pool.beginRecording();
          try {
            graph =
                device
                    .capture(
                        () -> {
                          work.run();
                          join();
                        })
                    .map(this::keepingMemory);
          } finally {
            // Work that was left out of a recording that failed has not run.
            while (!pending.isEmpty()) {
              pending.remove();
              pool.joined();
            }
            sums.clear();
            pool.endRecording();
            if (graph.isEmpty()) {
              pool.graphClosed();
            }
          }
          return graph;
        });
  }

  /** The graph, whose memory goes back to the pool when it is closed. */
  private CapturedGraph keepingMemory(CapturedGraph graph) {
    return new CapturedGraph() {
      private boolean closed;

      @Override
      public void launch() {
        graph.launch();
      }

      @Override
      public int size() {
        return graph.size();
      }

      @Override
      public void close() {
        if (!closed) {
          closed = true;
          graph.close();
          pool.graphClosed();
        }
      }
    };
  }

  @Override
  public final void beside(Runnable work, Tensor... reads) {
    turn.during(
        () -> {
          if (pending.size() == MOST_PENDING) {
            joinOldest();
          }
          pool.beginBeside(reads);
          try {
            pending.add(device.beside(work));
          } catch (RuntimeException e) {
            // The device has joined what the work had submitted.
            pending.add(() -> {});
            throw e;
          } finally {
            pool.endBeside();
          }
        });
  }

  /** Whether operations are those of {@link #beside} now. */
  final boolean isBeside() {
    return pool.isBeside();
  }

  @Override
  public final void join() {
    turn.during(
        () -> {
          while (!pending.isEmpty()) {
            joinOldest();
          }
          while (!sums.isEmpty()) {
            sums.remove().join();
          }
        });
  }

  @Override
  public final Communicator communicator() {
    return communicator;
  }

  @Override
  public final void sumRanks(Tensor x) {
    if (!isAlone()) {
      turn.during(
          () -> {
            communicator.sum(x.type(), whole(x));
          });
    }
  }

  @Override
  public final void sumRanksBeside(Tensor x) {
    if (!isAlone()) {
      turn.during(
          () -> {
            sums.add(communicator.sumBeside(x.type(), whole(x)));
          });
    }
  }

  @Override
  public final void gatherRanks(Tensor x, Tensor all) {
    require(all.size() == x.size() * ranks() && all.type() == x.type(), x, all);
    if (isAlone()) {
      device.copy(whole(x), whole(all));
      return;
    }
    turn.during(
        () -> {
          communicator.gather(whole(x), whole(all));
        });
  }

  @Override
  public final void broadcastRanks(Tensor x) {
    if (!isAlone()) {
      turn.during(
          () -> {
            communicator.broadcast(whole(x));
          });
    }
  }

  /** A tensor's memory may be larger than it. */
  private static Memory whole(Tensor x) {
    return x.memory().view(0, x.size() * x.type().size);
  }

  private void joinOldest() {
    pending.remove().join();
    pool.joined();
  }

  @Override
  public final void lend(Runnable work) {
    turn.during(
        () -> {
          pool.lend(work);
        });
  }

  private void requireConv(ConvShape s, Tensor x, Tensor w, Tensor y) {
    boolean rounded = w.type() == x.type() && matrix.roundsWeights();
    require(
        storage(x, y)
            && x.size() == (long) s.batch() * s.height() * s.width() * s.in()
            && y.size() == (long) s.batch() * s.outHeight() * s.outWidth() * s.out()
            && (w.type() == DType.F32 || rounded)
            && w.size() == (long) s.out() * s.kernel() * s.kernel() * s.in(),
        s,
        x,
        w,
        y);
  }

  @Override
  public final void conv(ConvShape shape, Tensor x, Tensor w, Tensor y) {
    turn.during(
        () -> {
          requireConv(shape, x, w, y);
          matrix.convForward(shape, x.type(), x.memory(), w.type(), w.memory(), y.memory());
        });
  }

  @Override
  public final void convBackwardData(
      ConvShape shape, Tensor gradY, Tensor w, Tensor gradX, boolean add) {
    turn.during(
        () -> {
          requireConv(shape, gradX, w, gradY);
          if (add && !matrix.addsGradients()) {
            try (Tensor term = allocate(gradX.type(), gradX.shape())) {
              convBackwardData(shape, gradY, w, term, false);
              add(gradX, term);
            }
            return;
          }
          matrix.convBackwardData(
              shape, gradY.type(), gradY.memory(), w.type(), w.memory(), gradX.memory(), add);
        });
  }

  @Override
  public final void convBackwardWeights(ConvShape shape, Tensor x, Tensor gradY, Tensor gradW) {
    turn.during(
        () -> {
          requireConv(shape, x, gradW, gradY);
          matrix.convBackwardWeights(
              shape, x.type(), x.memory(), gradY.memory(), gradW.type(), gradW.memory());
        });
  }

  @Override
  public final void gemm(
      boolean transposeA, boolean transposeB, Tensor a, Tensor b, float beta, Tensor c) {
    turn.during(
        () -> {
          int m = Math.toIntExact(transposeA ? a.channels() : a.rows());
          int k = Math.toIntExact(transposeA ? a.rows() : a.channels());
          int n = Math.toIntExact(transposeB ? b.rows() : b.channels());
          require(
              floats(a, a.size())
                  && floats(b, (long) k * n)
                  && k == (transposeB ? b.channels() : b.rows())
                  && floats(c, (long) m * n)
                  && c.channels() == n,
              a,
              b,
              c);
          matrix.gemm(transposeA, transposeB, m, n, k, a.memory(), b.memory(), beta, c.memory());
        });
  }

  @Override
  public final void close() {
    turn.end(
        () -> {
          pool.close();
          communicator.close();
          device.close();
        });
  }
}
