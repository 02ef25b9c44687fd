package sakd.cli;

import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.model.NetworkSpec;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.train.Weights;

/**
 * A network from a weight file: as its metadata says, unless flags say otherwise. A file without
 * metadata, such as PyTorch's, holds an ANN if {@code --model} names one.
 *
 * @param summary one line on what was loaded
 */
record LoadedModel(ModelFile about, Network network, String summary) implements AutoCloseable {
  /** Classes of a network that nothing is known of. */
  private static final int CLASSES = 10;

  static LoadedModel open(
      Ops ops,
      WeightFile file,
      ModelOptions model,
      NeuronOptions options,
      PartialOption partial,
      int channels,
      Integer classes,
      String defaultModel) {
    ModelFile about = describe(file, model, options, channels, classes, defaultModel);
    Parameters parameters = new Parameters(0);
    Network network = about.build(parameters);
    Weights.Match match =
        Weights.match(file, parameters, name -> true, about.architecture(), partial.allowed);
    if (match.isWhole()) {
      parameters.reserve(ops);
    } else {
      parameters.allocate(ops);
    }
    match.set();
    return new LoadedModel(about, network, match.summary());
  }

  /** What the file holds. */
  private static ModelFile describe(
      WeightFile file,
      ModelOptions model,
      NeuronOptions options,
      int channels,
      Integer classes,
      String defaultModel) {
    if (ModelFile.isIn(file.metadata())) {
      ModelFile stored = ModelFile.of(file.metadata(), file.path().toString());
      Neuron neuron = options.neuron(stored.neuron());
      return new ModelFile(
          model.spec(stored.spec()),
          neuron,
          options.steps(neuron, Math.max(stored.steps(), 1)),
          channels,
          classes == null ? stored.classes() : classes);
    }
    NetworkSpec spec = model.spec(Networks.named(defaultModel), file);
    Neuron neuron = options.neuron(model.namesAnn() ? Neuron.RELU : Neuron.LIF);
    return new ModelFile(
        spec,
        neuron,
        options.steps(neuron, 4),
        channels,
        classes == null ? Weights.classes(file, CLASSES) : classes);
  }

  @Override
  public void close() {
    network.close();
  }
}
