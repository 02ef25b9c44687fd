package sakd.nn;

import sakd.ops.Tensor;

/**
 * Tells which layers of weights take spikes, from what a {@link Monitor} of a spiking network is
 * shown: not the first, which takes the image, and not one behind a mean over space.
 */
public final class SpikeInputs {
  private static final int FEATURE_MAP_RANK = 5;

  private String first;
  private Tensor lastNeurons;

  /** To be told of every {@link Monitor#neuron}. */
  public void neuron(Tensor out) {
    lastNeurons = out;
  }

  /** To be asked once at every {@link Monitor#weights}: whether the layer's input is spikes. */
  public boolean takesSpikes(String name, Tensor in) {
    if (first == null) {
      first = name;
    }
    return !name.equals(first) && (in.rank() == FEATURE_MAP_RANK || in == lastNeurons);
  }
}
