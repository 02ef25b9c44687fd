package sakd.device.cuda;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import sakd.base.UserError;
import sakd.bench.StepBench;
import sakd.device.DType;
import sakd.distill.Method;
import sakd.io.AtomicFile;
import sakd.model.Networks;
import sakd.ops.KernelOps;
import sakd.ops.Ops;

/**
 * What NCCL costs a rank on one GPU: training steps without a communicator and with one of this
 * rank alone, by turns in one run. With one rank NCCL moves nothing; what is left is its calls, the
 * order of streams, and what the buckets need.
 *
 * <p>Arguments: a Markdown file to write, the network, images a step, and how many rounds. {@code
 * sh benchmarks/gpu.sh ranks} runs it.
 */
public final class OneRank {
  private static final int SAMPLES = 9;

  private final List<String> lines = new ArrayList<>();
  private final Path file;

  private OneRank(Path file) {
    this.file = file;
  }

  public static void main(String[] args) {
    if (args.length != 4) {
      System.err.println("expected a file to write, a network, images a step, and rounds");
      System.exit(2);
    }
    OneRank bench = new OneRank(Path.of(args[0]));
    StepBench.Work work =
        new StepBench.Work(
            Networks.named(args[1]), Method.SAKD, 32, 3, 10, Integer.parseInt(args[2]), 4);
    try {
      NcclLibrary.require();
      bench.steps(args[1], work, Integer.parseInt(args[3]));
    } catch (UserError e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  private void line(String format, Object... values) {
    String line = String.format(Locale.ROOT, format, values);
    System.out.println(line);
    lines.add(line);
    AtomicFile.writeText(file, String.join("\n", lines) + "\n");
  }

  /** Every round measures both, the one that was second first in the next. */
  private void steps(String name, StepBench.Work work, int rounds) {
    double[][] seconds = new double[2][rounds];
    double[][] busy = new double[2][rounds];
    int[] launches = new int[2];
    String device = "";
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < 2; turn++) {
        int ranks = (round + turn) % 2;
        try (Ops ops = ranks == 0 ? alone() : oneRank()) {
          device = ops.device().description();
          StepBench.Measured m = new StepBench(ops, DType.BF16, SAMPLES).measure(work);
          seconds[ranks][round] = m.seconds();
          busy[ranks][round] = m.busySeconds();
          launches[ranks] = m.launches();
        }
      }
    }
    line("## One rank with NCCL");
    line("");
    line(
        "%s. Steps of SAKD, bf16, T = 4; medians over rounds (%d), in which both take turns.",
        device, rounds);
    line("");
    line("| Work | Batch | alone, ms | one rank, ms | ratio | recorded alone, ratio | launches |");
    line("| --- | --- | --- | --- | --- | --- | --- |");
    line(
        "| %s | %d | %.3f | %.3f | %.4f | %.4f | %d and %d |",
        name,
        work.batch(),
        1e3 * median(seconds[0]),
        1e3 * median(seconds[1]),
        median(seconds[1]) / median(seconds[0]),
        median(busy[1]) / median(busy[0]),
        launches[0],
        launches[1]);
  }

  private static Ops alone() {
    return new KernelOps(CudaDevice.open(0));
  }

  private static Ops oneRank() {
    CudaDevice device = CudaDevice.open(0);
    try {
      return new KernelOps(device, NcclCommunicator.ofOne(device));
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
