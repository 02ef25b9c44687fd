// neuron.cu with the reductions of its backward pass written anew: the rows of a chunk are summed by a
// block, and the chunks of a channel merged by a warp.
//
//   dbeta = sum gy,   dgamma = sum gy xhat,   gk = sum gh dh/dk        over all rows, per channel
#define IN_PARTS
#include "group.h"

#include "../neuron.cu"

// partial [chunks, SUMS, C] is assigned: the sums over each chunk of rows.
#undef BLOCKS
#define BLOCKS (STEPS <= 16 ? 2 : 1)
KERNEL(neuron_backward_reduce, GLOBAL const storage* RESTRICT x,
       GLOBAL const float* RESTRICT affine, GLOBAL const storage* RESTRICT residual,
       GLOBAL const float* RESTRICT leak_parameter, GLOBAL const storage* RESTRICT grad_out,
       GLOBAL float* RESTRICT partial, float leak, float v_th, float v_reset, float alpha,
       int64 rows, int rows_per_chunk, int chunks, int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int64 step = rows * columns * LANES, channels = (int64)columns * LANES;
  FOR_EACH_BLOCK(b, (int64)chunks * tiles(columns)) {
    const Share s = share(b, rows, rows_per_chunk, columns);
    vfloat dbeta[PARTS], dgamma[PARTS], gk[PARTS];
    FOR_EACH_PART(part) dbeta[part] = dgamma[part] = gk[part] = splat(0);
    if (s.column < columns) {
      const int64 c = s.column;
      Neurons n[PARTS];
      FOR_EACH_PART(part) n[part] = neurons_at(affine, c, part, columns, k, v_th, v_reset, alpha);
      FOR_EACH_ROW_OF(s, row) {
        const int64 i = (row * columns + c) * LANES;
        Segment item;
        fetch_item(&item, x, residual, grad_out, i, step);
        sum_item(&item, x, residual, grad_out, i, step, n, dbeta, dgamma, gk);
      }
    }
    const bool mine = s.channel < channels;
    GLOBAL float* to = partial + s.chunk * SUMS * channels + s.channel;
#if NORM
    const float beta_sum = column_sum(dbeta, s), gamma_sum = column_sum(dgamma, s);
    if (mine) {
      to[0] = beta_sum;
      to[channels] = gamma_sum * affine[channels + s.channel];
    }
#endif
#if LEARNABLE
    const float leak_sum = column_sum(gk, s);
    if (mine) to[2 * NORM * channels] = leak_sum;
#endif
  }
}

#if NORM
// dbeta, dgamma [C] and coefficients [2, C] are assigned, as in neuron.cu.
KERNEL(neuron_backward_merge, GLOBAL const float* RESTRICT affine,
       GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT dbeta,
       GLOBAL float* RESTRICT dgamma, GLOBAL float* RESTRICT coefficients, float inverse_count,
       int chunks, int channels) {
  FOR_EACH_WARP(c, channels) {
    float beta = 0.0f, gamma = 0.0f;
    for (int k = WARP_THREAD; k < chunks; k += WARP) {
      beta += partial[(int64)k * SUMS * channels + c];
      gamma += partial[((int64)k * SUMS + 1) * channels + c];
    }
    beta = warp_sum(beta);
    gamma = warp_sum(gamma);
    if (WARP_THREAD == 0) {
      set_coefficients(coefficients, dbeta, dgamma, affine, c, channels, beta, gamma,
                       inverse_count);
    }
  }
}
#endif

#if LEARNABLE
// grad_w[0] is assigned, from the sums of gk [C].
KERNEL(leak_gradient, GLOBAL const float* RESTRICT sums, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL float* RESTRICT grad_w, int channels) {
  FOR_EACH_WARP(i, 1) {
    const float k = leak_factor(0.0f, leak_parameter);
    float total = 0.0f;
    for (int c = WARP_THREAD; c < channels; c += WARP) total += sums[c];
    total = warp_sum(total);
    if (WARP_THREAD == 0) grad_w[i] = total * leak_slope(k);
  }
}
#endif
