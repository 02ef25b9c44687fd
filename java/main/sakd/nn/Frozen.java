package sakd.nn;

import java.util.HashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * What inference derives from parameters, kept for parameters that do not change any more, such as
 * a teacher's: weights rounded to the type of activations, and batch norms as affine maps.
 */
final class Frozen implements AutoCloseable {
  private final Ops ops;
  private final DType storage;
  private final Tensor copy;
  private final Map<Parameter, Tensor> rounded;
  private final Map<BatchNorm2d, Tensor> affines = new HashMap<>();

  Frozen(Ops ops, DType storage, Parameters parameters) {
    this.ops = ops;
    this.storage = storage;
    this.copy = parameters.roundedWeights(ops, storage);
    this.rounded = copy == null ? Map.of() : parameters.slices(copy);
  }

  DType storage() {
    return storage;
  }

  Tensor weight(Parameter weight) {
    return rounded.getOrDefault(weight, weight.value());
  }

  /** See {@link Ops#runningStatistics}. */
  Tensor affine(BatchNorm2d norm) {
    return affines.computeIfAbsent(norm, n -> n.runningAffine(ops));
  }

  @Override
  public void close() {
    affines.values().forEach(Tensor::close);
    if (copy != null) {
      copy.close();
    }
  }
}
