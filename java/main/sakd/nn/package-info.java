/**
 * Layers with forward and backward passes. A layer computes as it is called and leaves its
 * derivative on a {@link sakd.nn.Tape}, which runs them in reverse.
 *
 * <p>Activations are {@code [T', N, H, W, C]}; T' is T or, before the first neuron of a still
 * image, 1.
 */
package sakd.nn;
