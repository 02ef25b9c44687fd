package sakd.cli;

import picocli.CommandLine.Option;
import sakd.io.UserError;
import sakd.model.ResNetSpec;
import sakd.ops.Neuron;

/** The architecture. */
final class ModelOptions {
  /** How SEW blocks join. */
  enum Connect {
    ADD,
    AND,
    IAND
  }

  @Option(
      names = "--model",
      description =
          "resnet8, spiking-resnet18, spiking-resnet34, resnet19, sew-resnet18 or sew-resnet34 "
              + "(default: resnet8 for 28x28 images, else spiking-resnet18; or the weight file's).")
  String model;

  @Option(
      names = "--connect-f",
      paramLabel = "add|and|iand",
      description = "How SEW blocks join spikes and shortcut (default: add).")
  Connect connect;

  @Option(
      names = "--stem",
      paramLabel = "cifar|imagenet",
      description = "cifar: 3x3, stride 1; imagenet: 7x7, stride 2, max pool (default: cifar).")
  ResNetSpec.Stem stem;

  /** The description, changed as asked. */
  ResNetSpec spec(ResNetSpec base) {
    ResNetSpec spec = model == null ? base : ResNetSpec.named(model);
    if (stem != null) {
      spec = spec.withStem(stem);
    }
    if (connect != null) {
      if (!spec.sew()) {
        throw new UserError(
            "--connect-f is for sew-resnets, not for " + spec.name() + "; leave it out");
      }
      spec = spec.withMerge(Neuron.Residual.valueOf(connect.name()));
    }
    return spec;
  }
}
