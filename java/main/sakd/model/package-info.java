/**
 * Networks by description: a {@link sakd.model.NetworkSpec} builds the ANN and the SNN of the same
 * architecture, over a neuron that is ReLU or spiking. Parameters have the names of torchvision.
 */
package sakd.model;
