package sakd.device.cuda;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import sakd.base.UserError;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.Pending;
import sakd.device.RankWatch;

/**
 * Ranks with a GPU each, through NVIDIA's NCCL. All collectives go to one stream of the device in
 * the order they are called in, ordered with other work by events; a recording takes them in as
 * nodes of its graph, and its launch is then a collective too. Recordings are of one thread alone,
 * as NCCL wants it: threads of its own allocate memory meanwhile.
 */
public final class NcclCommunicator implements Communicator {
  /**
   * NCCL ends a communicator together with the other ranks of the machine, and an end by force when
   * no graph holds collectives any more. A rank that ends by a failure of its own waits no longer
   * than this for either.
   */
  private static final Duration MOST_ENDING = Duration.ofSeconds(10);

  private final CudaDevice device;
  private final CudaContext context;
  private final int rank;
  private final int size;
  private final RankWatch watch;
  private final long handle;
  private final CudaMemory met;
  private Thread ending;
  private boolean closed;

  private NcclCommunicator(CudaDevice device, int rank, int size, byte[] id, RankWatch watch) {
    this.device = device;
    this.context = device.context();
    this.rank = rank;
    this.size = size;
    this.watch = watch;
    context.makeCurrent();
    NcclLibrary.UniqueId.ByValue name = new NcclLibrary.UniqueId.ByValue();
    name.internal = id;
    long[] opened = new long[1];
    context.addCollectives(1);
    watch.begin(context.collectives());
    int result = NcclLibrary.ncclCommInitRank(opened, size, name, rank);
    watch.end();
    if (!NcclLibrary.isFine(result)) {
      throw refused(device.name(), rank, size, result);
    }
    this.handle = opened[0];
    this.met = device.allocateOwn(Float.BYTES);
    device.zero(met);
    context.openRanks();
    context.hostWait().watch(new Waits());
  }

  /** What opening a communicator failed with. */
  static UserError refused(String device, int rank, int size, int result) {
    return new UserError(
        "NCCL does not join rank "
            + rank
            + " of "
            + size
            + " on "
            + device
            + " to the others: "
            + NcclLibrary.text(result)
            + "; expected a GPU for each rank, and a network that all their machines reach"
            + " (NCCL_SOCKET_IFNAME names it)");
  }

  /**
   * Opens the communicator of all ranks; waits for them.
   *
   * @param device of this rank alone
   * @param fromFirst hands bytes round: gives each rank what rank 0 passed to it
   * @param watch hears when this rank waits for others
   * @throws UserError if there is no NCCL, or it refuses
   */
  public static NcclCommunicator of(
      CudaDevice device, int rank, int size, UnaryOperator<byte[]> fromFirst, RankWatch watch) {
    return device
        .turn()
        .during(
            () -> {
              NcclLibrary.require();
              byte[] own = rank == 0 ? newId() : new byte[NcclLibrary.UniqueId.BYTES];
              return new NcclCommunicator(device, rank, size, fromFirst.apply(own), watch);
            });
  }

  /** One rank, which asks NCCL for its sums nevertheless: to see what they cost. */
  public static NcclCommunicator ofOne(CudaDevice device) {
    return of(device, 0, 1, id -> id, RankWatch.NONE);
  }

  /** What ranks open one communicator by. */
  static byte[] newId() {
    NcclLibrary.UniqueId id = new NcclLibrary.UniqueId();
    NcclLibrary.check("making an id", NcclLibrary.ncclGetUniqueId(id));
    return Arrays.copyOf(id.internal, NcclLibrary.UniqueId.BYTES);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public void sum(DType type, Memory memory) {
    sumBeside(type, memory).join();
  }

  @Override
  public Pending sumBeside(DType type, Memory memory) {
    int code = NcclLibrary.typeOf(type);
    long count = memory.bytes() / type.size;
    long at = device.own(memory).address();
    return submit(
        stream ->
            NcclLibrary.check(
                "a sum over ranks",
                NcclLibrary.ncclAllReduce(at, at, count, code, NcclLibrary.SUM, handle, stream)));
  }

  @Override
  public void gather(Memory part, Memory all) {
    if (all.bytes() != part.bytes() * size) {
      throw new IllegalArgumentException(
          "parts of " + part.bytes() + " bytes from " + size + " ranks to " + all.bytes());
    }
    long from = device.own(part).address();
    long to = device.own(all).address();
    submit(
            stream ->
                NcclLibrary.check(
                    "gathering from ranks",
                    NcclLibrary.ncclAllGather(
                        from, to, part.bytes(), NcclLibrary.UINT8, handle, stream)))
        .join();
  }

  @Override
  public void broadcast(Memory memory) {
    long at = device.own(memory).address();
    submit(
            stream ->
                NcclLibrary.check(
                    "handing round what rank 0 has",
                    NcclLibrary.ncclBroadcast(
                        at, at, memory.bytes(), NcclLibrary.UINT8, 0, handle, stream)))
        .join();
  }

  @Override
  public void barrier() {
    context.requireNotRecording("waiting for other ranks");
    sum(DType.F32, met);
    device.synchronize();
  }

  private Pending submit(LongConsumer call) {
    return device
        .turn()
        .during(
            () -> {
              if (closed) {
                throw new IllegalStateException(
                    "the communicator of " + device.name() + " is closed");
              }
              return context.collective(call);
            });
  }

  /** What happens while the host waits for the device, whose work may wait for other ranks. */
  private final class Waits implements HostWait.Watch {
    @Override
    public void begin() {
      watch.begin(context.collectives());
    }

    @Override
    public void check() {
      int[] error = new int[1];
      NcclLibrary.check("asking for errors", NcclLibrary.ncclCommGetAsyncError(handle, error));
      if (!NcclLibrary.isFine(error[0])) {
        String why = NcclLibrary.text(error[0]);
        context.hostWait().watch(null);
        // At once what waits on the device for other ranks does so no more.
        endBy(() -> NcclLibrary.ncclCommAbort(handle));
        throw new UserError(
            "rank "
                + rank
                + " of "
                + size
                + " cannot go on, NCCL lost the others: "
                + why
                + "; see what they printed, then continue with --resume");
      }
    }

    @Override
    public void end() {
      watch.end();
    }
  }

  /** Ends the communicator in a thread, as that may wait for ever. */
  private void endBy(Runnable call) {
    ending =
        new Thread(
            () -> {
              context.makeCurrent();
              call.run();
            },
            "end of NCCL");
    ending.setDaemon(true);
    ending.start();
  }

  @Override
  public void close() {
    if (!closed) {
      device
          .turn()
          .during(
              () -> {
                closed = true;
                closeAll();
              });
    }
  }

  private void closeAll() {
    try {
      drain();
    } catch (UserError gone) {
      drain();
      waitForEnd();
      throw gone;
    }
    if (ending == null) {
      context.hostWait().watch(null);
      endBy(() -> NcclLibrary.ncclCommDestroy(handle));
    }
    waitForEnd();
  }

  /** NCCL would wait for the end of graphs that hold collectives. */
  private void drain() {
    device.closeGraphs();
    device.synchronize();
  }

  private void waitForEnd() {
    met.close();
    try {
      ending.join(MOST_ENDING.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
