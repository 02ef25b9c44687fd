package sakd.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.base.UserError;
import sakd.device.cpu.ReferenceDevice;
import sakd.infer.FiniteWeights;
import sakd.infer.LoadedModel;
import sakd.infer.Weights;
import sakd.io.HostTensor;
import sakd.io.WeightFile;
import sakd.model.ImageSpec;
import sakd.model.ModelFile;
import sakd.model.Own;
import sakd.ops.Ops;
import sakd.ops.ReferenceOps;

/** {@code export}: a weight file in another format. */
@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Writes a weight file in another format.",
      "safetensors keeps the description of the network; pth is a state dict for torch.load;"
          + " nir is a spiking network as a graph for simulators and neuromorphic chips; onnx "
          + "is a network with its time steps unrolled. A detector's graph ends at the logits "
          + "and deltas of its anchors; decoding and suppressing boxes is left to the caller."
    },
    abbreviateSynopsis = true,
    footerHeading = Main.EXAMPLES,
    footer = {
      "sakd export --weights runs/first/best.safetensors --output network.onnx",
      "sakd export --weights runs/first/best.safetensors --output network.pth"
    })
final class ExportCommand implements Callable<Integer> {
  /** Of images, where nothing is known of them. */
  private static final int CHANNELS = 3;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = "Weight file: safetensors, or PyTorch's pth, pt or th.")
  private Path weights;

  @Option(names = "--output", paramLabel = "FILE", required = true, description = "File to write.")
  private Path output;

  @Option(
      names = "--format",
      paramLabel = "safetensors|pth|nir|onnx",
      description = "Format (default: as the extension of --output says).")
  private ExportFormat format;

  @Option(
      names = "--image-size",
      arity = "1..2",
      paramLabel = "PIXELS",
      description =
          "Height and width of the images, or the side of squares, for nir and onnx "
              + "(default: what the weight file says).")
  private List<Integer> imageSize;

  @Mixin private ModelOptions model;
  @Mixin private NeuronOptions neuron;
  @Mixin private PartialOption partial;

  @Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    ExportFormat chosen = format == null ? ExportFormat.of(output) : format;
    WeightFile file = WeightFile.read(weights);
    String what = chosen.isGraph() ? graph(chosen, file) : tensors(chosen, file);
    spec.commandLine().getErr().println(what + " written to " + output);
    return 0;
  }

  private String tensors(ExportFormat chosen, WeightFile file) {
    // A checkpoint's optimizer and the transforms of distillation are no part of the network.
    Map<String, HostTensor> network = new LinkedHashMap<>(file.tensors());
    network.keySet().removeIf(Weights::isTrainingOnly);
    FiniteWeights.require(weights, network);
    chosen.tensors.write(output, new WeightFile(weights, file.metadata(), network));
    return network.size() + " tensors";
  }

  private String graph(ExportFormat chosen, WeightFile file) {
    String functions = ModelFile.neuronFile(file.metadata());
    if (functions != null || neuron.neuronFile != null) {
      throw new UserError(
          "the neuron in "
              + (functions == null ? neuron.neuronFile : functions)
              + " is code, which nir and onnx have no place for; expected a neuron of SAKD's, or"
              + " give an output in safetensors or pth");
    }
    ImageSpec images = ImageSpec.of(file.metadata(), weights.toString());
    if (images == null && imageSize == null) {
      throw new UserError(
          weights
              + " does not tell the size of the images; expected height and width in pixels,"
              + " give it with --image-size");
    }
    List<Integer> size = imageSize == null ? List.of(images.height(), images.width()) : imageSize;
    size.forEach(side -> Values.atLeast(1, "--image-size", side));
    int height = size.get(0);
    int width = size.get(size.size() - 1);
    int channels =
        ModelFile.isIn(file.metadata())
            ? ModelFile.of(file.metadata(), weights.toString(), Own.NONE).channels()
            : CHANNELS;
    ModelFile about = model.describe(file, neuron, channels, null);
    // Nothing is computed: parameters only have to lie somewhere.
    ReferenceDevice device = new ReferenceDevice();
    try (Ops ops = new ReferenceOps(device, device.matrix());
        LoadedModel loaded = LoadedModel.open(ops, file, about, partial.allowed)) {
      spec.commandLine().getErr().println("weights " + loaded.summary());
      Map<String, String> metadata = new LinkedHashMap<>();
      loaded.about().describe(metadata);
      if (images != null) {
        images.describe(metadata);
      }
      chosen.graph.write(
          output,
          new ExportFormat.Source(
              loaded.network(), loaded.about().steps(), channels, height, width, metadata));
      ModelFile written = loaded.about();
      return written.architecture()
          + ", T = "
          + written.steps()
          + (written.encoding().isSpikes() && written.neuron().kind().isSpiking()
              ? ", whose input is the spikes of " + written.encoding().code().label() + " encoding,"
              : "");
    }
  }
}
