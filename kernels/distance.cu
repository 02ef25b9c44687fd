// Distances of two feature maps a (the student's) and b (the teacher's), [N, H, W, C], with the gradient
// by a. Sums go to partial sums, which scaled_sum of loss.cu adds up in a fixed order.
#include "portable.h"

INLINE vfloat sign_of(vfloat a) { return above_zero(a) - above_zero(-a); }

// kernels/cuda/distance.cu brings its own reductions.
#ifndef BLOCK_REDUCTIONS
// partial [chunks] (sums of absolute differences) and grad are assigned:
//   loss = weight sum |a - b| / count,   dloss/da = weight sign(a - b) / count;  scale = weight / count
// grad is dloss/da times loss_scale [1].
KERNEL(absolute_error, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL storage* RESTRICT grad,
       GLOBAL float* RESTRICT partial, float scale, int64 n, int items_per_chunk, int chunks) {
  FOR_EACH(chunk, chunks) {
    const float slope = scale * loss_scale[0];
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    for (int64 i = first; i < last; ++i) {
      const vfloat d = load(a, i * LANES) - load(b, i * LANES);
      sum = sum + absolute(d);
      store(grad, i * LANES, sign_of(d) * slope);
    }
    partial[chunk] = lane_sum(sum);
  }
}

// partial [N, chunks, 3] is assigned: sums of a^2, b^2 and a b over each chunk of each sample of
// `items` items.
KERNEL(product_sums, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL float* RESTRICT partial, int64 items, int items_per_chunk, int samples, int chunks) {
  FOR_EACH_ROW(n, samples) {
    FOR_EACH_COLUMN(chunk, chunks) {
      const int64 first = n * items + chunk * items_per_chunk;
      const int64 end = (n + 1) * items;
      const int64 last = first + items_per_chunk < end ? first + items_per_chunk : end;
      vfloat aa = splat(0), bb = splat(0), ab = splat(0);
      for (int64 i = first; i < last; ++i) {
        const vfloat x = load(a, i * LANES), y = load(b, i * LANES);
        aa = aa + x * x;
        bb = bb + y * y;
        ab = ab + x * y;
      }
      GLOBAL float* sums = partial + (n * chunks + chunk) * 3;
      sums[0] = lane_sum(aa);
      sums[1] = lane_sum(bb);
      sums[2] = lane_sum(ab);
    }
  }
}
#endif

// For every sample, from the partial sums: with cos = a.b / (|a| |b|), norms of at least 1e-12,
//   loss_n = |a/|a| - b/|b||^2 = 2 - 2 cos,   dloss_n/da = 2 (cos a/|a|^2 - b/(|a| |b|))
// losses [N] and coefficients [N, 2] (of a and of -b, times scale and loss_scale [1]) are assigned.
KERNEL(normalized_coefficients, GLOBAL const float* RESTRICT partial,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT losses,
       GLOBAL float* RESTRICT coefficients, float scale, int samples, int chunks) {
  FOR_EACH(n, samples) {
    float aa = 0.0f, bb = 0.0f, ab = 0.0f;
    for (int k = 0; k < chunks; ++k) {
      GLOBAL const float* sums = partial + (n * chunks + k) * 3;
      aa += sums[0];
      bb += sums[1];
      ab += sums[2];
    }
    float a_norm = scalar_sqrt(aa), b_norm = scalar_sqrt(bb);
    if (a_norm < 1e-12f) a_norm = 1e-12f;
    if (b_norm < 1e-12f) b_norm = 1e-12f;
    const float cosine = ab / a_norm / b_norm;
    losses[n] = 2.0f - 2.0f * cosine;
    coefficients[2 * n] = 2.0f * scale * loss_scale[0] * cosine / a_norm / a_norm;
    coefficients[2 * n + 1] = 2.0f * scale * loss_scale[0] / a_norm / b_norm;
  }
}

// grad [N, items] = coefficients[n, 0] a - coefficients[n, 1] b is assigned.
KERNEL(normalized_gradient, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT coefficients, GLOBAL storage* RESTRICT grad, int samples,
       int items) {
  FOR_EACH_ROW(n, samples) {
    FOR_EACH_COLUMN(c, items) {
      const int64 i = (n * items + c) * LANES;
      store(grad, i, load(a, i) * coefficients[2 * n] - load(b, i) * coefficients[2 * n + 1]);
    }
  }
}
