package sakd.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import sakd.device.DType;
import sakd.ops.Neuron;

/**
 * Runs {@link NeuronBenchmark} in this process and prints a line of JSON for each result: time per
 * element-step, bytes that must move, and the share of the copy's bandwidth. Times are medians.
 *
 * <p>Bytes counted: forward reads x twice (statistics, neuron) and writes s; backward reads x and
 * grad s twice and writes grad x. A residual at the neuron's input is one more read forward; it is
 * read in both passes backward, and its gradient is written.
 */
@CommandLine.Command(name = "neuron", mixinStandardHelpOptions = true)
public final class NeuronReport implements Callable<Integer> {
  @Option(names = "--mib", defaultValue = "512", description = "size of each tensor")
  private int mebibytes;

  @Option(names = "--dtype", split = ",", defaultValue = "F32,BF16")
  private DType[] storage;

  @Option(names = "--merge", split = ",", defaultValue = "NONE,INPUT")
  private Neuron.Residual[] merge;

  @Option(names = "--warmup", defaultValue = "3")
  private int warmup;

  @Option(names = "--steps", defaultValue = "7")
  private int timed;

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new NeuronReport())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(args));
  }

  @Override
  public Integer call() throws RunnerException {
    double copy = 0;
    for (String name : new String[] {"copy", "forward", "backward"}) {
      for (RunResult result : run(name)) {
        double[] seconds =
            result.getBenchmarkResults().stream()
                .flatMap(r -> r.getIterationResults().stream())
                .mapToDouble(i -> i.getPrimaryResult().getScore())
                .sorted()
                .toArray();
        double median = seconds[seconds.length / 2];
        double elementBytes = 1;
        long tensors = 2;
        String what = "\"op\": \"copy\"";
        if (!name.equals("copy")) {
          BenchmarkParams params = result.getParams();
          DType type = DType.valueOf(params.getParam("storage"));
          boolean merged = !params.getParam("merge").equals("NONE");
          elementBytes = type.size;
          tensors = name.equals("forward") ? merged ? 4 : 3 : merged ? 8 : 5;
          what =
              "\"op\": \"batch_norm+lif %s\", \"dtype\": \"%s\", \"merge\": \"%s\""
                  .formatted(name, type, params.getParam("merge"));
        }
        double bytes = (double) mebibytes * (1 << 20);
        double rate = tensors * bytes / median;
        if (name.equals("copy")) {
          copy = rate;
        }
        System.out.printf(
            Locale.ROOT,
            "{\"peer\": \"sakd\", %s, \"mib\": %d, \"seconds\": %.6f, \"seconds_range\": [%.6f,"
                + " %.6f], \"ns_per_element\": %.4f, \"gb_per_s\": %.2f, \"share_of_copy\":"
                + " %.3f}%n",
            what,
            mebibytes,
            median,
            seconds[0],
            seconds[seconds.length - 1],
            median * 1e9 * elementBytes / bytes,
            rate * 1e-9,
            rate / copy);
      }
    }
    return 0;
  }

  private Collection<RunResult> run(String name) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(NeuronBenchmark.class.getName() + "\\." + name + "$")
            .forks(0)
            .warmupIterations(warmup)
            .measurementIterations(timed)
            .timeUnit(TimeUnit.SECONDS)
            .verbosity(VerboseMode.SILENT)
            .param("mebibytes", String.valueOf(mebibytes));
    if (!name.equals("copy")) {
      options.param("storage", names(storage)).param("merge", names(merge));
    }
    return new Runner(options.build()).run();
  }

  private static String[] names(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).toArray(String[]::new);
  }
}
