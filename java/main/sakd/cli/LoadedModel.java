package sakd.cli;

import java.nio.file.Path;
import sakd.io.Safetensors;
import sakd.io.SafetensorsFile;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.ResNetSpec;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.Weights;

/** A network from a weight file: as its metadata says, unless flags say otherwise. */
record LoadedModel(ModelFile about, Network network) implements AutoCloseable {
  static LoadedModel open(
      Ops ops,
      Path path,
      ModelOptions model,
      NeuronOptions options,
      int channels,
      Integer classes,
      String defaultModel) {
    SafetensorsFile file = Safetensors.read(path);
    boolean described = ModelFile.isIn(file.metadata());
    ModelFile stored = described ? ModelFile.of(file.metadata(), path.toString()) : null;
    ResNetSpec spec =
        model.spec(
            described
                ? ResNetSpec.named(stored.model()).withStem(stored.stem())
                : ResNetSpec.named(defaultModel));
    if (described
        && spec.sew()
        && model.connect == null
        && stored.merge() != Neuron.Residual.INPUT) {
      spec = spec.withMerge(stored.merge());
    }
    Neuron neuron = options.neuron(described ? stored.neuron() : Neuron.LIF);
    int steps = options.steps(neuron, described ? Math.max(stored.steps(), 1) : 4);
    int outputs = classes != null ? classes : described ? stored.classes() : classesOf(file);
    ModelFile about =
        new ModelFile(spec.name(), neuron, spec.merge(), spec.stem(), steps, channels, outputs);
    Parameters parameters = new Parameters(0);
    Network network = about.build(parameters);
    parameters.allocate(ops);
    Weights.load(
        path,
        file,
        parameters,
        name -> true,
        spec.name() + " for " + channels + " channels and " + outputs + " classes");
    return new LoadedModel(about, network);
  }

  /** Rows of the last linear layer of a file that does not say. */
  private static int classesOf(SafetensorsFile file) {
    var last = file.tensors().get("fc.bias");
    if (last == null) {
      last = file.tensors().get("fc2.bias");
    }
    return last == null ? 10 : last.numel();
  }

  @Override
  public void close() {
    network.close();
  }
}
