package sakd.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.data.Dataset;
import sakd.model.ResNetSpec;
import sakd.ops.Ops;
import sakd.train.Evaluator;

/** {@code eval}: accuracy and activity of a weight file on the test images. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Evaluates a weight file on a data set's test images.")
final class EvalCommand implements Callable<Integer> {
  @Option(names = "--weights", required = true, description = "Weight file (safetensors).")
  private Path weights;

  @Mixin private DataOptions data;
  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private DeviceOptions device;

  @Option(
      names = "--batch-size",
      defaultValue = "100",
      description = "Images a step (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    Values.atLeast(1, "--batch-size", batchSize);
    Dataset testSet = data.open(false);
    var out = spec.commandLine().getOut();
    try (Ops ops = device.open();
        LoadedModel loaded =
            LoadedModel.open(
                ops,
                weights,
                model,
                neuron,
                testSet.channels(),
                testSet.classes(),
                ResNetSpec.defaultFor(testSet.height()));
        Evaluator evaluator = new Evaluator(ops, testSet, batchSize, device.storage(ops))) {
      long start = System.nanoTime();
      Evaluator.Evaluation e = evaluator.evaluate(loaded.network(), true);
      double seconds = (System.nanoTime() - start) * 1e-9;
      boolean spiking = loaded.about().neuron().kind().isSpiking();
      out.printf(
          Locale.ROOT,
          "%s, %s, T = %d, on %d images of %s%n",
          loaded.about().model(),
          loaded.about().neuron().kind(),
          loaded.about().steps(),
          e.images(),
          testSet.name());
      out.printf(Locale.ROOT, "top-1 %.2f %%, top-5 %.2f %%%n", 100 * e.top1(), 100 * e.top5());
      if (spiking) {
        out.printf(
            Locale.ROOT,
            "mean firing rate %.4f, %.2f M synaptic operations per image%n",
            e.activity().meanFiringRate(),
            e.synapticOperations() / 1e6);
        e.activity()
            .firingRates()
            .forEach((name, rate) -> out.printf(Locale.ROOT, "  %-26s %.4f%n", name, rate));
      } else {
        out.printf(Locale.ROOT, "%.2f M multiply-accumulates per image%n", e.macs() / 1e6);
      }
      out.printf(Locale.ROOT, "%.1f s, %.0f images/s%n", seconds, e.images() / seconds);
      out.flush();
    }
    return 0;
  }
}
