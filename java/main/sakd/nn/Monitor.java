package sakd.nn;

import sakd.ops.Tensor;

/** Sees the activations of a forward pass as they are computed; must not keep or change them. */
public interface Monitor {
  /** The output of neuron layer {@code name}, [T, N, .., C]. */
  void neuron(String name, Tensor out);

  /**
   * The input of the layer of weights {@code name}, which takes {@code macs} multiply-accumulates
   * to process densely (all of its batch and steps).
   */
  void weights(String name, Tensor in, long macs);
}
