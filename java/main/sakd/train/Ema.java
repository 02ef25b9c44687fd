package sakd.train;

import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** Exponential moving average of weights and running statistics, as timm's ModelEma keeps it. */
public final class Ema implements AutoCloseable {
  private final Ops ops;
  private final Parameters parameters;
  private final float decay;
  private final Tensor weights;
  private final Tensor statistics;

  /** Starts from the parameters as they are. */
  public Ema(Ops ops, Parameters parameters, float decay) {
    this.ops = ops;
    this.parameters = parameters;
    this.decay = decay;
    weights = ops.allocate(parameters.weights().type(), parameters.weights().shape());
    statistics = ops.allocate(parameters.statistics().type(), parameters.statistics().shape());
    ops.convert(parameters.weights(), weights);
    ops.convert(parameters.statistics(), statistics);
  }

  /** Takes the parameters after a training step into the average, unless the step was skipped. */
  public void update(Tensor schedule) {
    ops.ema(parameters.weights(), weights, schedule, decay);
    ops.ema(parameters.statistics(), statistics, schedule, decay);
  }

  /** Exchanges the average with the network's parameters; a second call undoes it. */
  public void swap() {
    swap(parameters.weights(), weights);
    swap(parameters.statistics(), statistics);
  }

  private void swap(Tensor a, Tensor b) {
    try (Tensor kept = ops.allocate(a.type(), a.shape())) {
      ops.convert(a, kept);
      ops.convert(b, a);
      ops.convert(kept, b);
    }
  }

  Tensor weights() {
    return weights;
  }

  Tensor statistics() {
    return statistics;
  }

  @Override
  public void close() {
    weights.close();
    statistics.close();
  }
}
