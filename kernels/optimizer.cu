// Optimizers over all parameters at once: every parameter of a network is a slice of one array, so
// a step is one launch. n counts items of LANES elements; arithmetic as in PyTorch.
//
// schedule [4] is what changes from step to step: learning rate, factor on the gradient (1, or what
// clipping or loss scaling asks for), 1 - beta1^step, 1 - beta2^step.
#include "portable.h"

//   g = factor grad + weight_decay w,   m = momentum m + g   (m starts at 0),
//   w -= lr (g + momentum m) with Nesterov, else lr m
KERNEL(sgd, GLOBAL float* RESTRICT w, GLOBAL const float* RESTRICT grad, GLOBAL float* RESTRICT m,
       GLOBAL const float* RESTRICT schedule, float momentum, float weight_decay, int nesterov,
       int64 n) {
  FOR_EACH(i, n) {
    const float lr = schedule[0], factor = schedule[1];
    const vfloat weight = load_float(w, i * LANES);
    const vfloat g = load_float(grad, i * LANES) * factor + weight * weight_decay;
    const vfloat velocity = load_float(m, i * LANES) * momentum + g;
    store_float(m, i * LANES, velocity);
    store_float(w, i * LANES, weight - (nesterov ? g + velocity * momentum : velocity) * lr);
  }
}

//   w -= lr weight_decay w,   m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,
//   w -= lr (m / (1 - b1^step)) / (sqrt(v / (1 - b2^step)) + eps)
KERNEL(adamw, GLOBAL float* RESTRICT w, GLOBAL const float* RESTRICT grad, GLOBAL float* RESTRICT m,
       GLOBAL float* RESTRICT v, GLOBAL const float* RESTRICT schedule, float beta1, float beta2,
       float eps, float weight_decay, int64 n) {
  FOR_EACH(i, n) {
    const float lr = schedule[0], factor = schedule[1];
    const vfloat g = load_float(grad, i * LANES) * factor;
    vfloat weight = load_float(w, i * LANES);
    weight = weight - weight * (lr * weight_decay);
    const vfloat first = load_float(m, i * LANES) * beta1 + g * (1.0f - beta1);
    const vfloat second = load_float(v, i * LANES) * beta2 + g * g * (1.0f - beta2);
    store_float(m, i * LANES, first);
    store_float(v, i * LANES, second);
    const vfloat root = square_root(second * (1.0f / schedule[3])) + eps;
    store_float(w, i * LANES, weight - first * (1.0f / schedule[2]) * lr / root);
  }
}

//   average += (1 - decay) (w - average)
KERNEL(ema, GLOBAL const float* RESTRICT w, GLOBAL float* RESTRICT average, float decay, int64 n) {
  FOR_EACH(i, n) {
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
