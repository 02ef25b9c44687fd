package sakd.device;

import java.nio.ByteBuffer;

/**
 * A device that stores and computes nothing. A network that runs on it tells a monitor the size of
 * every layer, at no cost.
 */
public final class IdleDevice implements Device {
  /** Channels of an item, as most devices have them for 16 bits. */
  private static final int LANES = 8;

  private final MatrixLibrary matrix = new IdleMatrix();
  private final Turn turn = new Turn(this::name);

  /** Null for none in particular. */
  private final Device like;

  public IdleDevice() {
    this(null);
  }

  /** One on which tensors are as large as on {@code like}. */
  public IdleDevice(Device like) {
    this.like = like;
  }

  private static final class NoKernel implements Kernel {
    @Override
    public void launch(long n, Object... arguments) {}

    @Override
    public void launchRows(long rows, long columns, Object... arguments) {}

    @Override
    public void launchWarps(long rows, Object... arguments) {}
  }

  private final class IdleMatrix implements MatrixLibrary {
    @Override
    public boolean roundsWeights() {
      return like != null && like.matrix().roundsWeights();
    }

    @Override
    public boolean addsGradients() {
      return like != null && like.matrix().addsGradients();
    }

    @Override
    public String name() {
      return "none";
    }

    @Override
    public void convForward(
        ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {}

    @Override
    public void convBackwardData(
        ConvShape shape,
        DType storage,
        Memory gradY,
        DType weights,
        Memory w,
        Memory gradX,
        boolean add) {}

    @Override
    public void convBackwardWeights(
        ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {}

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
        Memory c) {}

    @Override
    public void close() {}
  }

  @Override
  public String name() {
    return "idle";
  }

  @Override
  public Turn turn() {
    return turn;
  }

  @Override
  public String description() {
    return "computes nothing";
  }

  @Override
  public int alignment() {
    return 1;
  }

  @Override
  public boolean supports(DType storage) {
    return storage.isStorage();
  }

  @Override
  public int preferredLanes(DType storage, int steps) {
    return like == null ? LANES : like.preferredLanes(storage, steps);
  }

  @Override
  public int preferredChunks(long rows, long columns, long bytes) {
    return like == null ? 1 : like.preferredChunks(rows, columns, bytes);
  }

  @Override
  public boolean hasWarps() {
    return like != null && like.hasWarps();
  }

  @Override
  public Memory allocate(long bytes) {
    return new NoMemory(bytes);
  }

  @Override
  public void upload(ByteBuffer from, Memory to) {}

  @Override
  public void download(Memory from, ByteBuffer to) {
    throw new IllegalStateException("nothing was computed");
  }

  @Override
  public void copy(Memory from, Memory to) {}

  @Override
  public void zero(Memory memory) {}

  @Override
  public Kernel kernel(KernelSpec spec) {
    return new NoKernel();
  }

  @Override
  public MatrixLibrary matrix() {
    return matrix;
  }

  @Override
  public void synchronize() {}

  @Override
  public void close() {}
}
