package sakd.nn;

import sakd.ops.Ops;

/** The parameters of batch norm over the channels; {@link NormNeuron} applies it. */
public final class BatchNorm2d {
  /** PyTorch's defaults. */
  private static final float EPS = 1e-5f;

  private static final float MOMENTUM = 0.1f;

  private final String name;
  private final Parameter gamma;
  private final Parameter beta;
  private final Parameter runningMean;
  private final Parameter runningVar;

  public BatchNorm2d(Parameters p, String name, int channels) {
    this.name = name;
    gamma = p.constant(name + ".weight", 1, channels);
    beta = p.constant(name + ".bias", 0, channels);
    runningMean = p.statistic(name + ".running_mean", 0, channels);
    runningVar = p.statistic(name + ".running_var", 1, channels);
  }

  Ops.BatchNorm tensors() {
    return new Ops.BatchNorm(
        gamma.value(), beta.value(), runningMean.value(), runningVar.value(), EPS, MOMENTUM);
  }

  String name() {
    return name;
  }

  Parameter gamma() {
    return gamma;
  }

  Parameter beta() {
    return beta;
  }
}
