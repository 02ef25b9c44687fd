package sakd.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import sakd.io.HostTensor;
import sakd.io.Npy;
import sakd.io.UserError;
import sakd.model.ResNetSpec;
import sakd.ops.Ops;
import sakd.train.Predictor;

/** {@code predict}: logits for an array of images. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Writes the logits [N, K] for images [N, C, H, W], float32, already normalised.")
final class PredictCommand implements Callable<Integer> {
  @Option(names = "--weights", required = true, description = "Weight file (safetensors).")
  private Path weights;

  @Option(names = "--input", required = true, description = "Images, a .npy file.")
  private Path input;

  @Option(names = "--output", required = true, description = "Logits, a .npy file.")
  private Path output;

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
    HostTensor images = Npy.read(input);
    int[] shape = images.shape();
    if (shape.length != 4 || images.numel() == 0) {
      throw new UserError(
          input
              + " is an array of shape "
              + Arrays.toString(shape)
              + "; expected at least one image as [N, C, H, W], reshape it");
    }
    Values.atLeast(1, "--batch-size", batchSize);
    try (Ops ops = device.open();
        LoadedModel loaded =
            LoadedModel.open(
                ops, weights, model, neuron, shape[1], null, ResNetSpec.defaultFor(shape[2]))) {
      HostTensor logits =
          Predictor.logits(ops, loaded.network(), images, batchSize, device.storage(ops));
      Npy.write(output, logits);
      spec.commandLine()
          .getOut()
          .println("logits " + Arrays.toString(logits.shape()) + " written to " + output);
    }
    return 0;
  }
}
