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

  void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      float momentum,
      float weightDecay,
      boolean nesterov);

  void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      float beta1,
      float beta2,
      float eps,
      float weightDecay);

  /** average += (1 - decay) (w - average), if the step is taken. */
  void ema(Tensor w, Tensor average, Tensor schedule, float decay);

  /** out [1] = sum of the squares of x (F32). */
  void sumSquares(Tensor x, Tensor out);
}
