package sakd.train;

import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * What the mean loss over a part of a batch weighs in that over the whole: the sum over all parts
 * of weight * gradient is the gradient of the whole. It multiplies the loss scale, on the device,
 * so that a recorded part may weigh another time something else.
 */
final class LossWeight implements AutoCloseable {
  private final Ops ops;
  private final Tensor lossScale;
  private final Tensor weight;
  private final Tensor product;
  private float now = 1;

  /**
   * A weight of 1.
   *
   * @param lossScale [1], stays another's
   */
  LossWeight(Ops ops, Tensor lossScale) {
    this.ops = ops;
    this.lossScale = lossScale;
    weight = Transfers.vector(ops, now);
    product = Transfers.vector(ops, 0);
  }

  /** Of what is computed from here on. */
  void set(float value) {
    if (value != now) {
      Transfers.setFloats(ops.device(), weight, value);
      now = value;
    }
  }

  /** [1]: the loss scale times the weight, as they are when the device comes here. */
  Tensor scaled() {
    ops.multiply(lossScale, weight, product);
    return product;
  }

  @Override
  public void close() {
    weight.close();
    product.close();
  }
}
