package sakd.train;

import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * How much weights decay.
 *
 * @param rate of the decay, at least 0
 * @param ofNorms whether parameters of fewer than two dimensions decay too: batch norms' gamma and
 *     beta, biases, the leaks of PLIF. timm spares them (He et al. 2019, arXiv 1812.01187)
 */
public record WeightDecay(float rate, boolean ofNorms) {
  /** Of all parameters, as the method is published. */
  public static WeightDecay ofAll(float rate) {
    return new WeightDecay(rate, true);
  }

  /** [1], or for each row of the weights, as {@link Ops#sgd} takes it. */
  Tensor of(Ops ops, Parameters parameters) {
    return ofNorms
        ? Transfers.vector(ops, rate)
        : parameters.byRow(ops, p -> p.shape().length > 1 ? rate : 0);
  }
}
