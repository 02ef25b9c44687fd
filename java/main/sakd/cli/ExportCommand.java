package sakd.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.train.Weights;

/** {@code export}: a weight file in another format. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a weight file in another format.",
      "safetensors keeps what the file says of its network; pth is a state dict for torch.load."
    })
final class ExportCommand implements Callable<Integer> {
  @Option(
      names = "--weights",
      required = true,
      description = "Weight file: safetensors, or PyTorch's .pth, .pt, .th.")
  private Path weights;

  @Option(names = "--output", required = true, description = "File to write.")
  private Path output;

  @Option(
      names = "--format",
      paramLabel = "safetensors|pth",
      description = "Format (default: as the extension of --output says).")
  private ExportFormat format;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    ExportFormat chosen = format == null ? ExportFormat.of(output) : format;
    WeightFile file = WeightFile.read(weights);
    // A checkpoint's optimizer and the transforms of distillation are no part of the network.
    Map<String, HostTensor> network = new LinkedHashMap<>(file.tensors());
    network.keySet().removeIf(Weights::isTrainingOnly);
    chosen.writer.write(output, new WeightFile(weights, file.metadata(), network));
    spec.commandLine().getOut().println(network.size() + " tensors written to " + output);
    return 0;
  }
}
