package sakd.train;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Updates all weights from their gradients in one kernel. All that changes from step to step is
 * kept on the device, so that a step needs nothing of the host. A step whose gradients are not all
 * finite is skipped: it changes nothing, and without loss scaling neither does any step after it.
 *
 * <p>Float16 gradients would vanish below 6e-8. The loss is therefore multiplied by the {@link
 * #lossScale}, and the optimizer divides the gradients by it. It is found as PyTorch's GradScaler
 * does: it starts at 65536 and doubles after 2000 steps; a step whose gradients overflow is skipped
 * and halves it.
 */
public abstract class Optimizer implements AutoCloseable {
  private static final float FIRST_SCALE = 65536;
  private static final int GROWTH_INTERVAL = 2000;
  private static final int SCHEDULE = 6;
  private static final int SCALING = 2;

  /** Length of {@link #progress()}. */
  static final int PROGRESS = SCHEDULE + SCALING;

  protected final Ops ops;
  protected final Parameters parameters;
  protected final Tensor schedule;

  /** As {@link Ops#sgd} takes it. */
  protected final Tensor decay;

  private final float maxNorm;
  private final boolean scalesLoss;
  private final Tensor scaling;
  private final Tensor squares;
  private final Map<String, Tensor> state = new LinkedHashMap<>();

  /**
   * @param maxNorm gradients are scaled down to this norm over all weights; 0 for no clipping
   * @param scalesLoss whether the loss scale moves; it stays 1 otherwise
   */
  protected Optimizer(
      Ops ops, Parameters parameters, WeightDecay weightDecay, float maxNorm, boolean scalesLoss) {
    this.ops = ops;
    this.parameters = parameters;
    this.maxNorm = maxNorm;
    this.scalesLoss = scalesLoss;
    this.schedule = Transfers.vector(ops, 0, 1, 0, 0, 1, 0);
    this.scaling = Transfers.vector(ops, scalesLoss ? FIRST_SCALE : 1, 0);
    this.decay = weightDecay.of(ops, parameters);
    this.squares = Transfers.vector(ops, 0);
  }

  /** SGD with momentum as in PyTorch, dampening 0. */
  public static Optimizer sgd(
      Ops ops,
      Parameters parameters,
      float momentum,
      WeightDecay weightDecay,
      boolean nesterov,
      float maxNorm,
      boolean scalesLoss) {
    return new Optimizer(ops, parameters, weightDecay, maxNorm, scalesLoss) {
      private final Tensor buffer = state("momentum");

      @Override
      protected void update() {
        ops.sgd(
            parameters.weights(),
            parameters.gradients(),
            buffer,
            schedule,
            decay,
            momentum,
            nesterov);
      }
    };
  }

  /** AdamW (Loshchilov and Hutter 2019) with PyTorch's defaults: betas 0.9, 0.999, eps 1e-8. */
  public static Optimizer adamw(
      Ops ops, Parameters parameters, WeightDecay weightDecay, float maxNorm, boolean scalesLoss) {
    return new Optimizer(ops, parameters, weightDecay, maxNorm, scalesLoss) {
      private final Tensor m = state("exp_avg");
      private final Tensor v = state("exp_avg_sq");

      @Override
      protected void update() {
        ops.adamw(
            parameters.weights(),
            parameters.gradients(),
            m,
            v,
            schedule,
            decay,
            BETA1,
            BETA2,
            1e-8f);
      }
    };
  }

  private static final float BETA1 = 0.9f;
  private static final float BETA2 = 0.999f;

  /** An array of the weights' layout that a checkpoint must keep. */
  protected final Tensor state(String name) {
    Tensor t = parameters.likeWeights(ops);
    state.put(name, t);
    return t;
  }

  protected abstract void update();

  /** Sets the learning rate of the steps to come. */
  public final void learningRate(double lr) {
    Transfers.setFloats(ops.device(), schedule.slice(0, 1), (float) lr);
  }

  /** One step. */
  public final void step() {
    ops.sumSquares(parameters.gradients(), squares);
    ops.beginStep(
        squares, schedule, scaling, maxNorm, BETA1, BETA2, scalesLoss ? GROWTH_INTERVAL : 0);
    update();
  }

  /** [1] on the device: the factor that the gradients of the next step have to come with. */
  public final Tensor lossScale() {
    return scaling.slice(0, 1);
  }

  /** The loss scale now, or 0 if there is none; waits for the steps before. */
  final double scale() {
    return scalesLoss ? Transfers.floats(ops.device(), scaling)[0] : 0;
  }

  /** [6] on the device, as in kernels/optimizer.cu. */
  final Tensor schedule() {
    return schedule;
  }

  /** Steps skipped so far; waits for the steps before. */
  final long skipped() {
    return (long) Transfers.floats(ops.device(), schedule)[5];
  }

  final Parameters parameters() {
    return parameters;
  }

  /** What else a checkpoint must keep: schedule and loss scaling as in kernels/optimizer.cu. */
  final float[] progress() {
    float[] both = new float[PROGRESS];
    System.arraycopy(Transfers.floats(ops.device(), schedule), 0, both, 0, SCHEDULE);
    System.arraycopy(Transfers.floats(ops.device(), scaling), 0, both, SCHEDULE, SCALING);
    return both;
  }

  /** Goes on from {@link #progress()}. */
  final void progress(float[] both) {
    Transfers.setFloats(ops.device(), schedule, Arrays.copyOf(both, SCHEDULE));
    Transfers.setFloats(ops.device(), scaling, Arrays.copyOfRange(both, SCHEDULE, PROGRESS));
  }

  /** All that changes from step to step besides the weights. */
  final List<Tensor> changing() {
    return Stream.concat(state.values().stream(), Stream.of(schedule, scaling)).toList();
  }

  /** Momentum and the like by name, each of the weights' layout. */
  public Map<String, Tensor> state() {
    return state;
  }

  @Override
  public void close() {
    schedule.close();
    decay.close();
    scaling.close();
    squares.close();
    state.values().forEach(Tensor::close);
  }
}
