package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.requireDecay;

/**
 * The optimizers of {@code kernels/optimizer.cu} in double precision; each changes its arrays in
 * place. Schedule [6] = learning rate, factor on the gradient, 1 - beta1^step, 1 - beta2^step, 1
 * for a step that is taken or 0 for one that changes nothing, steps skipped.
 */
interface ReferenceOptimizer extends OptimizerOps {
  /** g = factor grad + decay w; m = momentum m + g; w -= lr (nesterov ? g + momentum m : m). */
  static void sgd(
      double[] w,
      double[] grad,
      double[] m,
      double[] schedule,
      double momentum,
      double decay,
      boolean nesterov) {
    for (int i = 0; i < w.length; i++) {
      double g = schedule[1] * grad[i] + decay * w[i];
      m[i] = momentum * m[i] + g;
      w[i] -= schedule[0] * (nesterov ? g + momentum * m[i] : m[i]);
    }
  }

  /** Adam with the decay w -= lr decay w apart from the gradient. */
  static void adamw(
      double[] w,
      double[] grad,
      double[] m,
      double[] v,
      double[] schedule,
      double beta1,
      double beta2,
      double eps,
      double decay) {
    for (int i = 0; i < w.length; i++) {
      double g = schedule[1] * grad[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      double step = m[i] / schedule[2] / (Math.sqrt(v[i] / schedule[3]) + eps);
      w[i] -= schedule[0] * (decay * w[i] + step);
    }
  }

  /** Completes the schedule, and moves scaling [2] = loss scale, steps taken since it changed. */
  static void beginStep(
      double squares,
      double[] schedule,
      double[] scaling,
      double maxNorm,
      double beta1,
      double beta2,
      int growthInterval) {
    boolean scales = growthInterval > 0;
    boolean taken = Double.isFinite(squares) && (scales || schedule[4] != 0);
    double clip = maxNorm / (Math.sqrt(squares) / scaling[0] + 1e-6);
    schedule[1] = (maxNorm > 0 && clip < 1 ? clip : 1) / scaling[0];
    schedule[4] = taken ? 1 : 0;
    if (taken) {
      schedule[2] = beta1 * schedule[2] + (1 - beta1);
      schedule[3] = beta2 * schedule[3] + (1 - beta2);
    } else {
      schedule[5]++;
    }
    if (scales && !taken) {
      scaling[0] /= 2;
      scaling[1] = 0;
    } else if (scales && ++scaling[1] == growthInterval) {
      scaling[0] = Math.min(2 * scaling[0], LARGEST_SCALE);
      scaling[1] = 0;
    }
  }

  /** The largest power of two in float32. */
  double LARGEST_SCALE = 0x1p127;

  @Override
  default void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      Tensor weightDecay,
      float momentum,
      boolean nesterov) {
    long n = w.size();
    require(
        floats(w, n) && floats(grad, n) && floats(momentumBuffer, n) && floats(schedule, 6),
        w,
        grad,
        momentumBuffer,
        schedule);
    requireDecay(w, weightDecay);
    double[] now = read(schedule);
    if (now[4] == 0) {
      return;
    }
    forEachDecay(
        w,
        weightDecay,
        (decay, first, count) -> {
          double[] weights = read(w, first, count);
          double[] m = read(momentumBuffer, first, count);
          double[] g = read(grad, first, count);
          sgd(weights, g, m, now, momentum, decay, nesterov);
          write(w, first, weights);
          write(momentumBuffer, first, m);
        });
  }

  /** Elements {@code first} to {@code first + count}, which have one weight decay. */
  interface DecayTask {
    void run(double decay, long first, int count);
  }

  private static void forEachDecay(Tensor w, Tensor weightDecay, DecayTask task) {
    double[] decay = read(weightDecay);
    if (decay.length == 1) {
      RowBlocks.forEach(w.size(), 1, (first, count) -> task.run(decay[0], first, count));
      return;
    }
    int columns = w.dim(1);
    RowBlocks.forEach(
        decay.length,
        columns,
        (first, count) -> {
          for (long row = first; row < first + count; row++) {
            task.run(decay[(int) row], row * columns, columns);
          }
        });
  }

  @Override
  default void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      Tensor weightDecay,
      float beta1,
      float beta2,
      float eps) {
    long n = w.size();
    require(
        floats(w, n) && floats(grad, n) && floats(m, n) && floats(v, n) && floats(schedule, 6),
        w,
        grad,
        m,
        v,
        schedule);
    requireDecay(w, weightDecay);
    double[] now = read(schedule);
    if (now[4] == 0) {
      return;
    }
    forEachDecay(
        w,
        weightDecay,
        (decay, first, count) -> {
          double[] weights = read(w, first, count);
          double[] mean = read(m, first, count);
          double[] square = read(v, first, count);
          double[] g = read(grad, first, count);
          adamw(weights, g, mean, square, now, beta1, beta2, eps, decay);
          write(w, first, weights);
          write(m, first, mean);
          write(v, first, square);
        });
  }

  @Override
  default void ema(Tensor w, Tensor average, Tensor schedule, float decay) {
    require(
        floats(w, w.size()) && floats(average, w.size()) && floats(schedule, 6),
        w,
        average,
        schedule);
    if (read(schedule)[4] == 0) {
      return;
    }
    RowBlocks.forEach(
        w.size(),
        1,
        (first, count) -> {
          double[] weights = read(w, first, count);
          double[] mean = read(average, first, count);
          for (int i = 0; i < count; i++) {
            mean[i] += (1.0 - decay) * (weights[i] - mean[i]);
          }
          write(average, first, mean);
        });
  }

  @Override
  default void sumSquares(Tensor x, Tensor out) {
    require(floats(x, x.size()) && floats(out, 1), x, out);
    double[] sum =
        RowBlocks.sum(
            x.size(),
            1,
            (first, count) -> {
              double squares = 0;
              for (double value : read(x, first, count)) {
                squares += value * value;
              }
              return new double[] {squares};
            });
    write(out, 0, sum);
  }

  @Override
  default void beginStep(
      Tensor squares,
      Tensor schedule,
      Tensor scaling,
      float maxNorm,
      float beta1,
      float beta2,
      int growthInterval) {
    require(
        floats(squares, 1) && floats(schedule, 6) && floats(scaling, 2),
        squares,
        schedule,
        scaling);
    double[] now = read(schedule);
    double[] scale = read(scaling);
    beginStep(read(squares)[0], now, scale, maxNorm, beta1, beta2, growthInterval);
    write(schedule, 0, now);
    write(scaling, 0, scale);
  }
}
