package sakd.testing;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import sakd.device.CapturedGraph;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;
import sakd.device.Turn;

/**
 * Gives a device graphs: what work submits while it is recorded is kept as a list, and run again at
 * each launch. Refuses what no graph can hold: transfers, waiting, new memory and new kernels.
 */
public final class RecordingDevice implements Device {
  private final Device inner;
  private final MatrixLibrary matrix;
  private final Turn turn = new Turn(this::name);
  private List<Runnable> recorded;
  private int allocations;
  private int launches;

  /** A device that stays open when this is closed. */
  public RecordingDevice(Device inner) {
    this.inner = inner;
    this.matrix = new RecordingMatrix(inner.matrix());
  }

  /** How often the device was asked for memory. */
  public int allocations() {
    return allocations;
  }

  /** How often a graph was launched. */
  public int launches() {
    return launches;
  }

  @Override
  public Optional<CapturedGraph> capture(Runnable work) {
    List<Runnable> list = new ArrayList<>();
    recorded = list;
    try {
      work.run();
    } finally {
      recorded = null;
    }
    return Optional.of(
        new CapturedGraph() {
          @Override
          public void launch() {
            refuseWhileRecording("the launch of a graph");
            launches++;
            list.forEach(Runnable::run);
          }

          @Override
          public int size() {
            return list.size();
          }

          @Override
          public void close() {
            list.clear();
          }
        });
  }

  private void submit(Runnable work) {
    if (recorded == null) {
      work.run();
    } else {
      recorded.add(work);
    }
  }

  private void refuseWhileRecording(String what) {
    if (recorded != null) {
      throw new IllegalStateException(what + " cannot be recorded");
    }
  }

  @Override
  public Memory allocate(long bytes) {
    refuseWhileRecording("new memory");
    allocations++;
    return inner.allocate(bytes);
  }

  @Override
  public void upload(ByteBuffer from, Memory to) {
    refuseWhileRecording("an upload");
    inner.upload(from, to);
  }

  @Override
  public void download(Memory from, ByteBuffer to) {
    refuseWhileRecording("a download");
    inner.download(from, to);
  }

  @Override
  public void synchronize() {
    refuseWhileRecording("waiting");
    inner.synchronize();
  }

  @Override
  public void copy(Memory from, Memory to) {
    submit(() -> inner.copy(from, to));
  }

  @Override
  public void zero(Memory memory) {
    submit(() -> inner.zero(memory));
  }

  @Override
  public Kernel kernel(KernelSpec spec) {
    refuseWhileRecording("a new kernel");
    Kernel kernel = inner.kernel(spec);
    return new Kernel() {
      @Override
      public void launch(long n, Object... arguments) {
        submit(() -> kernel.launch(n, arguments));
      }

      @Override
      public void launchRows(long rows, long columns, Object... arguments) {
        submit(() -> kernel.launchRows(rows, columns, arguments));
      }

      @Override
      public void launchWarps(long n, Object... arguments) {
        submit(() -> kernel.launchWarps(n, arguments));
      }
    };
  }

  @Override
  public MatrixLibrary matrix() {
    return matrix;
  }

  @Override
  public Turn turn() {
    return turn;
  }

  @Override
  public String name() {
    return inner.name() + " with graphs";
  }

  @Override
  public String description() {
    return inner.description();
  }

  @Override
  public int alignment() {
    return inner.alignment();
  }

  @Override
  public boolean supports(DType storage) {
    return inner.supports(storage);
  }

  @Override
  public int preferredLanes(DType storage, int steps) {
    return inner.preferredLanes(storage, steps);
  }

  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    return inner.preferredChunks(rows, columns, bytes);
  }

  @Override
  public boolean hasWarps() {
    return inner.hasWarps();
  }

  @Override
  public boolean bypassesCache(Memory out) {
    return inner.bypassesCache(out);
  }

  @Override
  public void close() {}

  private final class RecordingMatrix implements MatrixLibrary {
    private final MatrixLibrary library;

    RecordingMatrix(MatrixLibrary library) {
      this.library = library;
    }

    @Override
    public String name() {
      return library.name();
    }

    @Override
    public boolean roundsWeights() {
      return library.roundsWeights();
    }

    @Override
    public boolean addsGradients() {
      return library.addsGradients();
    }

    @Override
    public void convForward(
        ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
      submit(() -> library.convForward(shape, storage, x, weights, w, y));
    }

    @Override
    public void convBackwardData(
        ConvShape shape,
        DType storage,
        Memory gradY,
        DType weights,
        Memory w,
        Memory gradX,
        boolean add) {
      submit(() -> library.convBackwardData(shape, storage, gradY, weights, w, gradX, add));
    }

    @Override
    public void convBackwardWeights(
        ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
      submit(() -> library.convBackwardWeights(shape, storage, x, gradY, gradients, gradW));
    }

    @Override
    public void gemm(
        boolean transposeA,
        boolean transposeB,
        int m,
        int n,
        int k,
        Memory a,
        Memory b,
        float beta,
        Memory c) {
      submit(() -> library.gemm(transposeA, transposeB, m, n, k, a, b, beta, c));
    }

    @Override
    public void close() {}
  }
}
