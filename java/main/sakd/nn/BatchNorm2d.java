package sakd.nn;

import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

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

  /** The affine map [4, C] of inference, see {@link Ops#runningStatistics}; to be closed. */
  Tensor runningAffine(Ops ops) {
    Tensor affine = ops.allocate(DType.F32, 4, gamma.size());
    ops.runningStatistics(tensors(), affine);
    return affine;
  }

  /**
   * The affine map of a training step over x, see {@link Ops#batchStatistics}; to be closed.
   *
   * @param repeats how often x stands for
   */
  Tensor batchAffine(Tape tape, Tensor x, int repeats) {
    Tensor affine = tape.batchAffine(gamma.size());
    tape.ops().batchStatistics(x, tensors(), repeats, affine);
    return affine;
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
