package sakd.train;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.nn.Parameters;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Updates all weights from their gradients in one kernel; weight decay skips nothing. */
public abstract class Optimizer implements AutoCloseable {
  protected final Ops ops;
  protected final Parameters parameters;
  protected final Tensor schedule;
  private final float maxNorm;
  private final Tensor squares;
  private final Map<String, Tensor> state = new LinkedHashMap<>();
  private long steps;

  /**
   * @param maxNorm gradients are scaled down to this norm over all weights; 0 for no clipping
   */
  protected Optimizer(Ops ops, Parameters parameters, float maxNorm) {
    this.ops = ops;
    this.parameters = parameters;
    this.maxNorm = maxNorm;
    this.schedule = ops.allocate(DType.F32, 4);
    this.squares = ops.allocate(DType.F32, 1);
  }

  /** SGD with momentum as in PyTorch, dampening 0. */
  public static Optimizer sgd(
      Ops ops,
      Parameters parameters,
      float momentum,
      float weightDecay,
      boolean nesterov,
      float maxNorm) {
    return new Optimizer(ops, parameters, maxNorm) {
      private final Tensor buffer = state("momentum");

      @Override
      protected void update() {
        ops.sgd(
            parameters.weights(),
            parameters.gradients(),
            buffer,
            schedule,
            momentum,
            weightDecay,
            nesterov);
      }
    };
  }

  /** AdamW (Loshchilov and Hutter 2019) with PyTorch's defaults: betas 0.9, 0.999, eps 1e-8. */
  public static Optimizer adamw(Ops ops, Parameters parameters, float weightDecay, float maxNorm) {
    return new Optimizer(ops, parameters, maxNorm) {
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
            BETA1,
            BETA2,
            1e-8f,
            weightDecay);
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

  /** One step at this learning rate. */
  public final void step(double lr) {
    steps++;
    Transfers.setFloats(
        ops.device(),
        schedule,
        (float) lr,
        1,
        (float) (1 - Math.pow(BETA1, (double) steps)),
        (float) (1 - Math.pow(BETA2, (double) steps)));
    if (maxNorm > 0) {
      ops.sumSquares(parameters.gradients(), squares);
      ops.clipFactor(squares, schedule, maxNorm);
    }
    update();
  }

  /** Steps taken so far. */
  public long steps() {
    return steps;
  }

  void steps(long taken) {
    steps = taken;
  }

  /** Momentum and the like by name, each of the weights' layout. */
  public Map<String, Tensor> state() {
    return state;
  }

  @Override
  public void close() {
    schedule.close();
    squares.close();
    state.values().forEach(Tensor::close);
  }
}
