package sakd.infer;

import sakd.base.UserError;
import sakd.io.WeightFile;
import sakd.model.ModelFile;
import sakd.model.Network;
import sakd.nn.Parameters;
import sakd.ops.Ops;

/**
 * A network with the weights of a file, on a device.
 *
 * @param about what it is
 * @param network belongs to this
 * @param summary one line on what was loaded
 */
public record LoadedModel(ModelFile about, Network network, String summary)
    implements AutoCloseable {
  /**
   * Builds a network and sets its parameters from a file.
   *
   * @param about what the file holds
   * @param allowPartial whether only a part of the file may fit
   * @throws UserError if the file's tensors are not those of the network, or its neuron cannot be
   *     compiled
   */
  public static LoadedModel open(Ops ops, WeightFile file, ModelFile about, boolean allowPartial) {
    ops.checkNeuron(about.neuron());
    Parameters parameters = new Parameters(0);
    Network network = about.build(parameters);
    Weights.Match match =
        Weights.match(file, parameters, name -> true, about.architecture(), allowPartial);
    if (match.isWhole()) {
      parameters.reserve(ops);
    } else {
      parameters.allocate(ops);
    }
    match.set();
    return new LoadedModel(about, network, match.summary());
  }

  @Override
  public void close() {
    network.close();
  }
}
