/**
 * The method: a teacher is trained or read, its weights are transferred, and a spiking network of
 * the same architecture is trained to follow its logits and feature maps. {@link
 * sakd.distill.Pipeline} runs what a {@link sakd.distill.Plan} says; {@link
 * sakd.distill.DistillationLoss} is the formula.
 *
 * <p>Qiu et al., Neural Networks 178:106475, 2024.
 */
package sakd.distill;
