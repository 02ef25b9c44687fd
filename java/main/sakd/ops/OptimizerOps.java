package sakd.ops;

/**
 * A step of an optimizer, over flat F32 arrays; schedule [6] is as in kernels/optimizer.cu. See
 * {@link Ops}.
 */
public interface OptimizerOps {
  /**
   * What of a step's schedule depends on its gradients: clipping, loss scaling, whether the step is
   * taken, bias corrections (kernels/optimizer.cu).
   *
   * @param squares [1], sum of the squares of the gradients: a step is taken if it is finite
   * @param scaling [2]: the loss scale, and the steps taken since it changed
   * @param maxNorm of the gradient, 0 for no limit
   * @param growthInterval steps after which the loss scale doubles; 0 for no loss scaling
   */
  void beginStep(
      Tensor squares,
      Tensor schedule,
      Tensor scaling,
      float maxNorm,
      float beta1,
      float beta2,
      int growthInterval);

  /**
   * SGD with momentum as in PyTorch, dampening 0.
   *
   * @param weightDecay [1], of all; or [rows of w], of each row
   */
  void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      Tensor weightDecay,
      float momentum,
      boolean nesterov);

  /**
   * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101).
   *
   * @param weightDecay as of {@link #sgd}
   */
  void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      Tensor weightDecay,
      float beta1,
      float beta2,
      float eps);

  /** average += (1 - decay) (w - average), if the step is taken. */
  void ema(Tensor w, Tensor average, Tensor schedule, float decay);

  /** out [1] = sum of the squares of x (F32). */
  void sumSquares(Tensor x, Tensor out);
}
