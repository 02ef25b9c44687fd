package sakd.bench;

import static sakd.bench.Results.cell;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import sakd.base.UserError;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.Device;
import sakd.device.Memory;
import sakd.device.cuda.CudaDevice;
import sakd.device.cuda.NcclCommunicator;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;

/**
 * Sums over ranks, as they add up gradients: in place, back to back in the device's queue. All
 * ranks run the same sums; what is told is the time of the slowest.
 */
final class CommBench implements AutoCloseable {
  private static final int WARM_UP = 3;
  private static final int MOST_RUNS = 200;
  private static final double SAMPLE_SECONDS = 0.1;

  private final Ops ops;
  private final Device device;
  private final Communicator ranks;
  private final int samples;
  private final boolean alone;

  /**
   * @param samples of which the median is taken
   * @throws UserError if there is nobody to add up with, unless on CUDA, where NCCL has a cost
   *     alone
   */
  CommBench(Ops ops, int samples) {
    this.ops = ops;
    this.samples = samples;
    device = ops.device();
    alone = ops.ranks() == 1;
    if (!alone) {
      ranks = ops.communicator();
    } else if (device instanceof CudaDevice cuda) {
      ranks = NcclCommunicator.ofOne(cuda);
    } else {
      throw new UserError(
          "comm measures sums over several processes, and this one is alone; expected two or more,"
              + " such as: mpirun -np 2 sakd bench --only comm");
    }
  }

  /** The table over sizes. */
  void measure(Results results, List<Integer> sizes) {
    results.section(
        "Sums over ranks",
        cell(
            "Sums in place over %d %s, back to back; medians, of the slowest rank. The bus"
                + " bandwidth is that of what each rank sends, and receives, at least: 2 (R-1) / R"
                + " times the bytes in the time%s.",
            ranks.size(), alone ? "rank" : "ranks", alone ? "; one rank alone sends nothing" : ""),
        "Bytes",
        "Ranks",
        "Type",
        "ms",
        "GB/s",
        "Bus GB/s");
    for (DType type : List.of(DType.F32, DType.BF16)) {
      for (int bytes : sizes) {
        results.row(cell("the sum of %d bytes of %s", bytes, type.label()), () -> row(type, bytes));
      }
    }
  }

  private List<String> row(DType type, int bytes) {
    Memory memory = device.allocate(bytes);
    try {
      verify(type, memory);
      double seconds = seconds(() -> ranks.sum(type, memory));
      double bus = 2.0 * (ranks.size() - 1) / ranks.size();
      return List.of(
          cell("%d", bytes),
          cell("%d", ranks.size()),
          type.label(),
          cell("%.3f", seconds * 1e3),
          cell("%.2f", bytes / seconds * 1e-9),
          cell("%.2f", bus * bytes / seconds * 1e-9));
    } finally {
      memory.close();
    }
  }

  /** Ranks add 1 and 2 in turn. */
  private void verify(DType type, Memory memory) {
    ByteBuffer numbers = ByteBuffer.allocateDirect((int) memory.bytes());
    numbers.order(ByteOrder.nativeOrder());
    fill(numbers, type, ranks.rank() % 2 + 1);
    device.upload(numbers, memory);
    ranks.sum(type, memory);
    ByteBuffer expected = ByteBuffer.allocateDirect(numbers.capacity());
    expected.order(ByteOrder.nativeOrder());
    fill(expected, type, ranks.size() / 2 * 3 + ranks.size() % 2);
    device.download(memory, numbers.clear());
    numbers.clear();
    if (!numbers.equals(expected)) {
      throw new IllegalStateException(
          "the sum of " + memory.bytes() + " bytes of " + type.label() + " is wrong");
    }
    device.zero(memory); // Or many sums would become infinite.
  }

  private static void fill(ByteBuffer to, DType type, float value) {
    int bits = Float.floatToRawIntBits(value);
    while (to.hasRemaining()) {
      if (type == DType.F32) {
        to.putInt(bits);
      } else {
        to.putShort((short) (bits >>> 16));
      }
    }
    to.flip();
  }

  /** Seconds of one run; all ranks make as many, or the last ones would wait for ever. */
  private double seconds(Runnable work) {
    double once = sample(work, WARM_UP);
    int runs = (int) Math.max(1, Math.min(MOST_RUNS, SAMPLE_SECONDS / slowest(once)));
    double[] seconds = new double[samples];
    for (int i = 0; i < samples; i++) {
      seconds[i] = sample(work, runs);
    }
    Arrays.sort(seconds);
    return slowest(seconds[samples / 2]);
  }

  private double slowest(double seconds) {
    return RankTransfers.gather(ops, seconds).stream()
        .mapToDouble(each -> each[0])
        .max()
        .orElseThrow();
  }

  private double sample(Runnable work, int runs) {
    ranks.barrier();
    long start = System.nanoTime();
    for (int i = 0; i < runs; i++) {
      work.run();
    }
    device.synchronize();
    return (System.nanoTime() - start) * 1e-9 / runs;
  }

  @Override
  public void close() {
    if (alone) {
      ranks.close();
    }
  }
}
