package sakd.nn;

import sakd.ops.Neuron;
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

  /**
   * What a layer of neurons reads, as {@link sakd.ops.Ops#neuron} takes it.
   *
   * @param affine null for no batch norm
   * @param residual null for none
   * @param leak null but for PLIF
   */
  record Inputs(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak) {}

  /** What neuron layer {@code name} read when it computed {@code out}. */
  default void neuronInputs(String name, Inputs inputs, Tensor out) {}

  /**
   * Anything that a layer computes, with a few words on it: "activations of layer1.0.conv1",
   * "statistics of layer1.0.bn1".
   */
  default void computed(String what, Tensor t) {}
}
