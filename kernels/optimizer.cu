// Optimizers over all parameters at once: every parameter of a network is a slice of one array, so
// a step is one launch. n counts items of LANES elements; arithmetic as in PyTorch.
//
// schedule [6] is what changes from step to step: 0 learning rate, 1 factor on the gradient (1, or
// what clipping or loss scaling asks for), 2 and 3 the bias corrections 1 - beta1^step and
// 1 - beta2^step, 4 whether the step is taken (1) or skipped (0: nothing changes), 5 steps skipped.
//
// weight_decay has one number for each items_per_decay items: for all (n), or for each row of the
// layout, in which no two parameters share one.
#include "portable.h"

//   g = factor grad + weight_decay w,   m = momentum m + g   (m starts at 0),
//   w -= lr (g + momentum m) with Nesterov, else lr m
KERNEL(sgd, GLOBAL float* RESTRICT w, GLOBAL const float* RESTRICT grad, GLOBAL float* RESTRICT m,
       GLOBAL const float* RESTRICT schedule, GLOBAL const float* RESTRICT weight_decay,
       int64 items_per_decay, float momentum, int nesterov, int64 n) {
  FOR_EACH(i, n) {
    if (schedule[4] == 0.0f) continue;
    const float lr = schedule[0], factor = schedule[1], decay = weight_decay[i / items_per_decay];
    const vfloat weight = load_float(w, i * LANES);
    const vfloat g = load_float(grad, i * LANES) * factor + weight * decay;
    const vfloat velocity = load_float(m, i * LANES) * momentum + g;
    store_float(m, i * LANES, velocity);
    store_float(w, i * LANES, weight - (nesterov ? g + velocity * momentum : velocity) * lr);
  }
}

//   w -= lr weight_decay w,   m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,
//   w -= lr (m / (1 - b1^step)) / (sqrt(v / (1 - b2^step)) + eps)
KERNEL(adamw, GLOBAL float* RESTRICT w, GLOBAL const float* RESTRICT grad, GLOBAL float* RESTRICT m,
       GLOBAL float* RESTRICT v, GLOBAL const float* RESTRICT schedule,
       GLOBAL const float* RESTRICT weight_decay, int64 items_per_decay, float beta1, float beta2,
       float eps, int64 n) {
  FOR_EACH(i, n) {
    if (schedule[4] == 0.0f) continue;
    const float lr = schedule[0], factor = schedule[1], decay = weight_decay[i / items_per_decay];
    const vfloat g = load_float(grad, i * LANES) * factor;
    vfloat weight = load_float(w, i * LANES);
    weight = weight - weight * (lr * decay);
    const vfloat first = load_float(m, i * LANES) * beta1 + g * (1.0f - beta1);
    const vfloat second = load_float(v, i * LANES) * beta2 + g * g * (1.0f - beta2);
    store_float(m, i * LANES, first);
    store_float(v, i * LANES, second);
    const vfloat root = square_root(second * (1.0f / schedule[3])) + eps;
    store_float(w, i * LANES, weight - first * (1.0f / schedule[2]) * lr / root);
  }
}

//   average += (1 - decay) (w - average)
KERNEL(ema, GLOBAL const float* RESTRICT w, GLOBAL float* RESTRICT average,
       GLOBAL const float* RESTRICT schedule, float decay, int64 n) {
  FOR_EACH(i, n) {
    if (schedule[4] == 0.0f) continue;
    const vfloat a = load_float(average, i * LANES);
    store_float(average, i * LANES, a + (load_float(w, i * LANES) - a) * (1.0f - decay));
  }
}

// schedule[1] *= min(1, max_norm / (norm + 1e-6)), norm = schedule[1] sqrt(squares[0]): PyTorch's
// clip_grad_norm_ of the gradient that the factor already scales. A NaN passes on to the weights.
KERNEL(clip_factor, GLOBAL const float* RESTRICT squares, GLOBAL float* RESTRICT schedule,
       float max_norm) {
  FOR_EACH(i, 1) {
    const float norm = schedule[1] * scalar_sqrt(squares[i]);
    const float factor = max_norm / (norm + 1e-6f);
    if (!(factor >= 1.0f)) schedule[1] *= factor;
  }
}

// kernels/cuda/optimizer.cu brings its own.
#ifndef BLOCK_REDUCTIONS
// partial [chunks] is assigned: sums of squares of x.
KERNEL(sum_squares, GLOBAL const float* RESTRICT x, GLOBAL float* RESTRICT partial, int64 n,
       int items_per_chunk, int chunks) {
  FOR_EACH(chunk, chunks) {
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    for (int64 i = first; i < last; ++i) {
      const vfloat a = load_float(x, i * LANES);
      sum = sum + a * a;
    }
    partial[chunk] = lane_sum(sum);
  }
}
#endif

// Completes the schedule of a step. squares [1] is the sum of squares of the gradients, which the
// loss scale s = scaling[0] still multiplies; scaling[1] counts steps taken since s changed.
//
//   taken  = squares is finite; without loss scaling, also in all steps before: a training that
//            broke stays at the weights that show where
//   factor = 1/s min(1, max_norm / (sqrt(squares) / s + 1e-6)), PyTorch's clip_grad_norm_; without
//            a limit (max_norm = 0) 1/s
//   1 - beta^step = beta (1 - beta^(step - 1)) + (1 - beta),   if taken
//   s = s / 2 if not taken, 2 s after growth_interval steps taken in a row: PyTorch's GradScaler
//
// growth_interval = 0: no loss scaling, s stays 1.
KERNEL(begin_step, GLOBAL const float* RESTRICT squares, GLOBAL float* RESTRICT schedule,
       GLOBAL float* RESTRICT scaling, float max_norm, float beta1, float beta2,
       int growth_interval) {
  FOR_EACH(i, 1) {
    const bool taken = is_finite(squares[i]) && (growth_interval > 0 || schedule[4] != 0.0f);
    const float s = scaling[0], inverse = 1.0f / s;
    float factor = inverse;
    if (max_norm > 0.0f) {
      const float clip = max_norm / (scalar_sqrt(squares[i]) * inverse + 1e-6f);
      if (clip < 1.0f) factor *= clip;
    }
    schedule[1] = factor;
    schedule[4] = taken ? 1.0f : 0.0f;
    if (taken) {
      schedule[2] = beta1 * schedule[2] + (1.0f - beta1);
      schedule[3] = beta2 * schedule[3] + (1.0f - beta2);
    } else {
      schedule[5] += 1.0f;
    }
    if (growth_interval > 0) {
      scaling[1] = taken ? scaling[1] + 1.0f : 0.0f;
      if (!taken) {
        scaling[0] = 0.5f * s;
      } else if (scaling[1] == (float)growth_interval) {
        scaling[0] = is_finite(2.0f * s) ? 2.0f * s : s;
        scaling[1] = 0.0f;
      }
    }
  }
}
