package sakd.nn;

import sakd.ops.Neuron;
import sakd.ops.Tensor;

/** Sees the activations of a forward pass as they are computed; must not keep or change them. */
public interface Monitor {
  /**
   * Neuron layer {@code name}: what it read, and its output [T, N, .., C] after the merge with a
   * residual.
   */
  void neuron(String name, Inputs read, Tensor out);

  /**
   * The input of the layer of weights {@code name}.
   *
   * @param mostSpikes the largest number of spikes that an element of the input can be the sum of;
   *     0 if elements are real numbers
   * @param macs multiply-accumulates to process the input densely (all of its batch and steps)
   */
  void weights(String name, Tensor in, int mostSpikes, long macs);

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

  /**
   * Anything that a layer computes, with a few words on it: "activations of layer1.0.conv1",
   * "statistics of layer1.0.bn1".
   */
  default void computed(String what, Tensor t) {}
}
