/**
 * Spiking neural networks trained by self-architectural knowledge distillation: {@link sakd.Sakd}
 * is where a program starts, {@link sakd.cli.Main} the command line.
 *
 * <p>What they are made of, from the top: {@link sakd.distill} the method, {@link sakd.train}
 * training and evaluation, {@link sakd.model} descriptions of networks, {@link sakd.nn} layers,
 * {@link sakd.ops} operations on tensors, {@link sakd.device} what they run on; {@link sakd.data}
 * and {@link sakd.io} beside them.
 */
package sakd;
