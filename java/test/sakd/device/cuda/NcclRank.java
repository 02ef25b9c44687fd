package sakd.device.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import sakd.base.UserError;
import sakd.device.CapturedGraph;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Memory;
import sakd.device.Pending;
import sakd.device.RankWatch;
import sakd.ops.KernelOps;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.TinyTraining;
import sakd.train.TrainSettings;

/** One rank of {@link NcclCommunicatorTest}, in a process of its own: a scene, and who it is. */
final class NcclRank {
  /** What it heard of its waits: it begins to wait for these collectives; 0 where it goes on. */
  private static final class Heard implements RankWatch {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void begin(long collective) {
      text.append(collective).append(' ');
    }

    @Override
    public void end() {
      text.append("0 ");
    }
  }

  private final Heard heard = new Heard();
  private final CudaDevice device = CudaDevice.open(0);
  private final NcclCommunicator ranks;
  private final Ops ops;
  private final int rank;
  private final int size;

  private NcclRank(int rank, int size, byte[] id) {
    this.rank = rank;
    this.size = size;
    this.ranks = NcclCommunicator.of(device, rank, size, own -> id, heard);
    this.ops = new KernelOps(device, ranks);
  }

  /** Arguments: a scene, rank, size, the communicator's id in hexadecimal digits, and a folder. */
  public static void main(String[] args) {
    NcclRank self =
        new NcclRank(
            Integer.parseInt(args[1]), Integer.parseInt(args[2]), HexFormat.of().parseHex(args[3]));
    try (Ops ops = self.ops) {
      switch (args[0]) {
        case "contract" -> self.contract();
        case "graph" -> self.graph();
        case "beside" -> self.beside();
        case "training" -> self.training(Path.of(args[4]));
        case "count" -> self.wrongCount();
        case "absent" -> self.absent();
        case "gone" -> self.gone();
        default -> throw new IllegalArgumentException(args[0]);
      }
      System.out.println("rank " + ops.rank() + " of " + ops.ranks() + " is done");
    }
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private void require(float[] expected, Tensor got, String what) {
    float[] values = Transfers.floats(device, got);
    int i = Arrays.mismatch(expected, values);
    if (i >= 0) {
      throw new AssertionError(
          what + ": expected " + expected[i] + " at " + i + ", got " + values[i]);
    }
  }

  private Tensor tensor(float... values) {
    Tensor t = ops.allocate(DType.F32, values.length);
    Transfers.setFloats(device, t, values);
    return t;
  }

  private static float[] draw(int rank, int n) {
    Random random = new Random(rank);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private void contract() {
    for (int n : new int[] {1, 7, 1000, 300_001}) {
      float[] sums = draw(0, n);
      for (int r = 1; r < size; r++) {
        float[] other = draw(r, n);
        for (int i = 0; i < n; i++) {
          sums[i] += other[i];
        }
      }
      try (Tensor x = tensor(draw(rank, n));
          Tensor beside = tensor(draw(rank, n));
          Tensor all = ops.allocate(DType.F32, size, n);
          Tensor first = tensor(draw(rank, n))) {
        ops.gatherRanks(x, all);
        ops.broadcastRanks(first);
        ops.sumRanks(x);
        ops.sumRanksBeside(beside);
        ops.join();
        require(sums, x, "sum of " + n);
        require(sums, beside, "sum beside of " + n);
        require(draw(0, n), first, "broadcast of " + n);
        float[] parts = new float[size * n];
        for (int r = 0; r < size; r++) {
          System.arraycopy(draw(r, n), 0, parts, r * n, n);
        }
        require(parts, all, "gathered " + n);
      }
    }
    // In bfloat16: 1 + 2^-7 is the next number after 1, and 2^-9 twice is half of that step.
    try (Tensor narrow = ops.allocate(DType.BF16, 3);
        Tensor wide = tensor(rank == 0 ? 1 : 0x1p-9f, rank + 1, 256)) {
      ops.convert(wide, narrow);
      ops.sumRanks(narrow);
      ops.convert(narrow, wide);
      require(
          new float[] {1, size * (size + 1) / 2f, 256 * size}, wide, "sum in bfloat16, rounded");
    }
    ranks.barrier();
    require(
        RankTransfers.sum(ops, rank, 0.1 * rank)[0] == size * (size - 1) / 2.0,
        "what hosts add up");
    Memory foreign = new sakd.device.cpu.ReferenceDevice().allocate(4);
    try {
      ranks.sum(DType.F32, foreign);
      throw new AssertionError("memory of another device was added up");
    } catch (IllegalArgumentException expected) {
      // It names the device.
    }
    // The opening is the first; all had come when it ended.
    require(heard.text.toString().startsWith("1 0 "), "heard " + heard.text);
    require(heard.text.toString().endsWith(" 0 "), "heard " + heard.text);
  }

  /** A step of three launches: sums between kernels, in the queue and beside it. */
  private void graph() {
    try (Tensor x = tensor(1, 2, 3 + rank);
        Tensor y = tensor(0, 0, 0);
        Tensor total = tensor(0, 0, 0)) {
      Runnable step =
          () -> {
            ops.add(y, x);
            ops.sumRanks(y);
            ops.sumRanksBeside(x);
            ops.add(total, y);
            ops.beside(() -> ops.fill(y, 0), y);
            ops.join();
          };
      step.run();
      float third = 3 * size + size * (size - 1) / 2f;
      require(new float[] {size, 2 * size, third}, total, "total of the first step");
      try (CapturedGraph recorded = ops.capture(step).orElseThrow()) {
        require(new float[] {size, 2 * size, third}, total, "recorded, not run");
        boolean standIn = device.hardware().startsWith("hostcuda");
        require(!standIn || recorded.size() == 5, recorded.size() + " nodes");
        heard.text.setLength(0);
        for (int i = 0; i < 3; i++) {
          recorded.launch();
        }
        // x is size^k times the start after k steps, and a step adds the sum of x to the total.
        float all = 1 + size + size * size + (float) Math.pow(size, 3);
        require(
            new float[] {size * all, 2 * size * all, third * all}, total, "total of four steps");
        // Opened, two in the first step, and two in each launch.
        require(!standIn || heard.text.toString().startsWith("9 0"), "heard " + heard.text);
      }
      ops.sumRanks(x);
    }
    try {
      require(ops.capture(ranks::barrier).isEmpty(), "a recording holds a wait for other ranks");
    } finally {
      ranks.barrier();
    }
  }

  /** Sums begin after what both queues were given, and nothing that follows waits for them. */
  private void beside() {
    int n = 5000;
    float[] ones = new float[n];
    Arrays.fill(ones, 1);
    float[] sums = new float[n];
    for (int round = 0; round < 4; round++) {
      try (Tensor x = tensor(ones);
          Tensor w = tensor(ones);
          Tensor other = tensor(ones)) {
        ops.beside(() -> ops.add(w, w), w);
        ops.add(x, x);
        ops.sumRanksBeside(x);
        ops.sumRanksBeside(w);
        ops.add(other, other);
        ops.add(other, other);
        ops.join();
        ops.add(other, x);
        Arrays.fill(sums, 4 + 2 * size);
        require(sums, other, "what ran beside, and then");
        Arrays.fill(sums, 2 * size);
        require(sums, w, "sum of what the second queue made");
      }
    }
    // Without ops: joined later than the next collective is called.
    try (Memory a = device.allocate(8);
        Memory b = device.allocate(8)) {
      upload(a, 1, 2);
      upload(b, 3, 4);
      Pending first = ranks.sumBeside(DType.F32, a);
      Pending second = ranks.sumBeside(DType.F32, b);
      second.join();
      first.join();
      require(Arrays.equals(new float[] {size, 2 * size}, download(a)), "first");
      require(Arrays.equals(new float[] {3 * size, 4 * size}, download(b)), "second");
    }
  }

  private void upload(Memory to, float... values) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(values);
    device.upload(bytes, to);
  }

  private float[] download(Memory from) {
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) from.bytes()).order(ByteOrder.nativeOrder());
    device.download(from, bytes);
    float[] values = new float[bytes.remaining() / 4];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  /** Trains in recorded steps; prints what the weights have become. */
  private void training(Path folder) {
    TrainSettings settings = TinyTraining.settings(2, TrainSettings.Algorithm.SGD, DType.BF16);
    try (TinyTraining training = new TinyTraining(ops, 1)) {
      training.run(folder, settings, false, step -> {});
      float[] weights = Transfers.floats(device, training.parameters.weights());
      System.out.println("weights " + Arrays.hashCode(weights) + " of " + weights.length);
    }
  }

  private void wrongCount() {
    try (Tensor x = tensor(new float[10 + rank])) {
      ops.sumRanks(x);
      ops.device().synchronize();
    }
  }

  private void absent() {
    if (rank == 0) {
      ranks.barrier();
    }
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** This process ends here. */
  private static void killed() {
    try {
      new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start();
      Thread.sleep(60_000);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last rank ends without a word, in the midst of a recorded step of the others. */
  private void gone() {
    Communicator all = ranks;
    try (Tensor x = tensor(1, 2)) {
      ops.sumRanks(x);
      CapturedGraph step = ops.capture(() -> ops.sumRanks(x)).orElseThrow();
      step.launch();
      all.barrier();
      if (rank == size - 1) {
        killed();
      }
      step.launch();
      try {
        device.synchronize();
        throw new AssertionError("the sum of a rank that is gone");
      } catch (UserError e) {
        System.out.println("error: " + e.getMessage());
      }
    }
  }
}
