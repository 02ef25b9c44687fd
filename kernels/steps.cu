// What losses at every time step need: the same targets at each, and TET's pull towards the threshold.
#include "portable.h"

// out [T, n] = in [n] at every t, 32-bit numbers of any kind.
KERNEL(repeat_steps, GLOBAL const int* RESTRICT in, GLOBAL int* RESTRICT out, int steps, int64 n) {
  FOR_EACH(i, n) {
    for (int t = 0; t < steps; ++t) out[t * n + i] = in[i];
  }
}

// The second part of TET (Deng et al. 2022), for every row z of logits [R, K]:
//
//   losses[r, 0] = (1 - lambda) losses[r, 0] + lambda sum_k (z_k - target)^2 / K
//   grad += weight lambda 2 (z - target) / (K R), times loss_scale [1]
//
// losses [R, 2] holds the cross-entropy in its first column, whose gradient, weighted by 1 - lambda, is in
// grad [R, K] already.
KERNEL(tet_regularizer, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT loss_scale,
       GLOBAL float* RESTRICT losses, GLOBAL float* RESTRICT grad, float lambda, float target,
       float weight, int rows, int classes) {
  FOR_EACH(r, rows) {
    const float slope = 2.0f * weight * lambda * loss_scale[0] / classes / rows;
    float sum = 0.0f;
    for (int k = 0; k < classes; ++k) {
      const int64 i = r * classes + k;
      const float d = logits[i] - target;
      sum += d * d;
      grad[i] += slope * d;
    }
    losses[2 * r] = (1.0f - lambda) * losses[2 * r] + lambda * sum / classes;
  }
}
