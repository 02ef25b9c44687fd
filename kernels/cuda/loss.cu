// loss.cu with a warp for every sample, and a block for every chunk of a squared error; equations and
// layouts there.
#include "group.h"

#include "../loss.cu"

#define FOR_EACH_CLASS(k) UNROLL_BY(8) for (int k = WARP_THREAD; k < classes; k += WARP)

// losses [N, 2] and grad [N, K] are assigned. The logits come from memory once; a warp's row is small,
// and the first-level cache holds it for the passes after the first.
KERNEL(softmax_loss, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT teacher,
       GLOBAL const int* RESTRICT labels, GLOBAL const float* RESTRICT mix,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT losses,
       GLOBAL float* RESTRICT grad, float ce_weight, float kl_weight, float temperature,
       float smoothing, int mixed, int samples, int classes) {
  const bool distil = kl_weight != 0.0f;
  const float inverse = 1.0f / temperature;
  FOR_EACH_WARP(n, samples) {
    GLOBAL const float* z = logits + n * classes;
    GLOBAL const float* q = teacher + n * classes;
    float z_max = z[0], q_max = distil ? q[0] : 0.0f;
    FOR_EACH_CLASS(k) {
      z_max = fmaxf(z_max, z[k]);
      if (distil) q_max = fmaxf(q_max, q[k]);
    }
    z_max = warp_max(z_max);
    q_max = warp_max(q_max);

    // A NaN, which no maximum shows, reaches the sums.
    float p_sum = 0.0f, b_sum = 0.0f, a_sum = 0.0f, z_total = 0.0f;
    FOR_EACH_CLASS(k) {
      p_sum += expf(z[k] - z_max);
      z_total += z[k] - z_max;
      if (distil) {
        b_sum += expf((z[k] - z_max) * inverse);
        a_sum += expf((q[k] - q_max) * inverse);
      }
    }
    p_sum = warp_sum(p_sum);
    z_total = warp_sum(z_total);
    const float p_log = logf(p_sum);
    const float b_log = distil ? logf(warp_sum(b_sum)) : 0.0f;
    const float a_log = distil ? logf(warp_sum(a_sum)) : 0.0f;

    const int y = labels[n];
    const float own = mixed ? mix[0] : 1.0f;
    const int other = own < 1.0f ? labels[samples - 1 - n] : y;
    const float share = smoothing / classes, scale = loss_scale[0] / samples;
    float kl = 0.0f;
    FOR_EACH_CLASS(k) {
      const float p = expf(z[k] - z_max) / p_sum;
      const float label = (k == y ? own : 0.0f) + (k == other ? 1.0f - own : 0.0f);
      const float target = share + (1.0f - smoothing) * label;
      float g = ce_weight * (p - target);
      if (distil) {
        const float log_a = (q[k] - q_max) * inverse - a_log;
        const float log_b = (z[k] - z_max) * inverse - b_log;
        const float a = expf(log_a), b = expf(log_b);
        // A class the teacher rules out adds nothing; a NaN does.
        kl += a == 0.0f ? 0.0f : a * (log_a - log_b);
        g += kl_weight * temperature * (b - a);
      }
      grad[n * classes + k] = g * scale;
    }
    kl = warp_sum(kl);
    if (WARP_THREAD == 0) {
      const float z_true = other == y ? z[y] : own * z[y] + (1.0f - own) * z[other];
      const float log_p_true = z_true - z_max - p_log;
      const float log_p_total = z_total - classes * p_log;
      losses[2 * n] = -(1.0f - smoothing) * log_p_true - share * log_p_total;
      losses[2 * n + 1] = kl * temperature * temperature;
    }
  }
}

// partial [chunks] and grad are assigned, and losses[at] = share * the sum of partial.
KERNEL(squared_error, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL storage* RESTRICT grad, GLOBAL float* partial,
       GLOBAL float* RESTRICT losses, float share, int at, GLOBAL unsigned* counters, float scale,
       int64 n, int items_per_chunk, int chunks) {
  const float slope = scale * loss_scale[0];
  FOR_EACH_BLOCK(chunk, chunks) {
    vfloat sum = splat(0);
    for_each_pair(a, b, chunk, items_per_chunk, n, [&](int64 i, vfloat x, vfloat y) {
      const vfloat d = x - y;
      sum = multiply_add(d, d, sum);
      store(grad, i * LANES, d * slope);
    });
    add_up(sum, chunk, chunks, share, partial, losses + at, counters);
  }
}

// out[at] is assigned: scale * sum of partial [n].
KERNEL(scaled_sum, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT out, float scale,
       int n, int at) {
  FOR_EACH_WARP(i, 1) {
    float sum = 0.0f;
    for (int k = WARP_THREAD; k < n; k += WARP) sum += partial[k];
    sum = warp_sum(sum);
    if (WARP_THREAD == 0) out[at] = sum * scale;
  }
}

// rank [N] is assigned.
KERNEL(label_rank, GLOBAL const float* RESTRICT logits, GLOBAL const int* RESTRICT labels,
       GLOBAL int* RESTRICT rank, int samples, int classes) {
  FOR_EACH_WARP(n, samples) {
    GLOBAL const float* z = logits + n * classes;
    const int label = labels[n];
    const bool is_class = label >= 0 && label < classes;
    const float own = is_class ? z[label] : 0.0f;
    // Counts below 2^24 are exact in float32.
    float ahead = 0.0f;
    for (int k = WARP_THREAD; k < classes; k += WARP) {
      if (!is_class || is_ahead(z[k], k, own, label)) ahead += 1.0f;
    }
    ahead = warp_sum(ahead);
    if (WARP_THREAD == 0) rank[n] = (int)ahead;
  }
}

// hits [2] are assigned.
KERNEL(count_hits, GLOBAL const int* RESTRICT rank, GLOBAL int* RESTRICT hits, int samples) {
  FOR_EACH_WARP(i, 1) {
    // Counts below 2^24 are exact in float32.
    float first = 0.0f;
    for (int n = WARP_THREAD; n < samples; n += WARP) first += rank[n] == 0 ? 1.0f : 0.0f;
    first = warp_sum(first);
    if (WARP_THREAD == 0) {
      hits[0] = (int)first;
      hits[1] = samples;
    }
  }
}
