// Batch norm + residual + neuron over all time steps, fused; forward and backward.
//
// Every tensor of activations is [T, rows, C], channels innermost, C = columns * LANES; per channel
//
//   y[t] = (x[t] - mean) * scale + beta                 scale = gamma / sqrt(var + eps)   (NORM)
//        + r[t]                                                                (RESIDUAL_INPUT)
//   h[t] = charge(v[t-1], y[t]),  s[t] = (h[t] >= v_th),  v[t] = reset(h[t], s[t])
//   out[t] = s[t] | s[t] + r[t] | s[t] r[t] | (1 - s[t]) r[t]       (RESIDUAL_ADD, _AND, _IAND)
//
//   charge:  v + y (LEAK_NONE) | v - (v - v_reset) k + y | v + (y - (v - v_reset)) k (DECAY_INPUT)
//            k = 1/tau, a constant (LEAK_CONSTANT) or sigmoid(w) (LEAK_LEARNABLE, PLIF)
//   reset:   (1 - s) h + s v_reset (HARD_RESET) | h - s v_th, with v_reset = 0 in charge
//   v[-1] = v_reset, or 0 with soft reset
//
// The membrane stays in registers; nothing but x is kept for the backward pass, which recomputes h.
// With g the gradient of s, and sg the surrogate of ds/dh at u = h - v_th,
//
//   gh[t] = g[t] sg + gv[t] (1 - s + (v_reset - h) sg)      hard reset; without the sg term when
//   gh[t] = g[t] sg + gv[t] (1 - v_th sg)                   soft reset;  DETACH_RESET is set
//   gv[t-1] = gh[t] (1 - k),   gy[t] = gh[t]  (gh[t] k with DECAY_INPUT)
//   gk = sum gh[t] dh/dk,      dbeta = sum gy,   dgamma = sum gy xhat,   xhat = (x - mean) invstd
//   gx = scale (gy - (dbeta + xhat dgamma) / count)         count = elements a channel
//
// -D: STEPS (T of the neuron), INPUT_STEPS (T of x: 1, the same input at every step, or STEPS),
//     NORM, NEURON, LEAK, RESIDUAL, HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE.
// NEURON_RELU and NEURON_IDENTITY have STEPS = 1 (time is folded into rows by the caller).
#include "portable.h"
#include "neuron_dynamics.h"

#define NEURON_IDENTITY 0
#define NEURON_RELU 1
#define NEURON_SPIKING 2
#define RESIDUAL_NONE 0
#define RESIDUAL_INPUT 1
#define RESIDUAL_ADD 2
#define RESIDUAL_AND 3
#define RESIDUAL_IAND 4

#define SPIKING (NEURON == NEURON_SPIKING)
#define MERGED (RESIDUAL >= RESIDUAL_ADD)
#define LEARNABLE (SPIKING && LEAK == LEAK_LEARNABLE)
// Sums a backward pass reduces over rows: dbeta, dgamma, gk.
#define SUMS (2 * NORM + LEARNABLE)

/// Row k of affine [4, C]: mean, 1/sqrt(var + eps), scale, beta.
#define AFFINE(k) load_float(affine, ((k) * columns + c) * LANES)

INLINE float leak_factor(float leak, GLOBAL const float* leak_parameter) {
#if LEARNABLE
  return 1.0f / (1.0f + scalar_exp(-leak_parameter[0]));
#else
  return leak;
#endif
}

INLINE vfloat normalise(vfloat x, vfloat mean, vfloat scale, vfloat beta) {
#if NORM
  return multiply_add(x - mean, scale, beta);
#else
  return x;
#endif
}

#define STEP(t) ((t) * step + i)
#define INPUT_AT(t) (INPUT_STEPS == 1 ? i : STEP(t))

// out is assigned. x [INPUT_STEPS, rows, C], r and out [STEPS, rows, C].
KERNEL(neuron_forward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT affine,
       GLOBAL const storage* RESTRICT residual, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL storage* RESTRICT out, float leak, float v_th, float v_reset, int64 rows,
       int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int64 step = rows * columns * LANES;
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      const int64 i = (row * columns + c) * LANES;
#if NORM
      const vfloat mean = AFFINE(0), scale = AFFINE(2), beta = AFFINE(3);
#else
      const vfloat mean = splat(0), scale = mean, beta = mean;
#endif
      vfloat v = splat(HARD_RESET ? v_reset : 0.0f);
      vfloat y = splat(0);
      UNROLL for (int t = 0; t < STEPS; ++t) {
        if (t < INPUT_STEPS) y = normalise(load(x, STEP(t)), mean, scale, beta);
        vfloat input = y;
#if RESIDUAL != RESIDUAL_NONE
        const vfloat r = load(residual, STEP(t));
#endif
#if RESIDUAL == RESIDUAL_INPUT
        input = input + r;
#endif
#if SPIKING
        const vfloat h = charge(v, input, k, v_reset);
        vfloat s = fire(h, v_th);
        v = reset(h, v_th, v_reset);
#elif NEURON == NEURON_RELU
        vfloat s = relu(input);
#else
        vfloat s = input;
#endif
#if RESIDUAL == RESIDUAL_ADD
        s = s + r;
#elif RESIDUAL == RESIDUAL_AND
        s = s * r;
#elif RESIDUAL == RESIDUAL_IAND
        s = (1.0f - s) * r;
#endif
        store(out, STEP(t), s);
      }
    }
  }
}

/// Gradients of one item: gy[t] of the neuron's input, and s[t], which the merge needs. Returns gk.
INLINE vfloat backward_item(GLOBAL const storage* x, GLOBAL const storage* residual,
                            GLOBAL const storage* grad_out, int64 i, int64 step, vfloat mean,
                            vfloat scale, vfloat beta, float k, float v_th, float v_reset,
                            float alpha, vfloat* gy) {
  vfloat gk = splat(0);
  vfloat y = splat(0);
#if SPIKING
  const vfloat start = splat(HARD_RESET ? v_reset : 0.0f);
  vfloat h[STEPS];
  vfloat v = start;
  UNROLL for (int t = 0; t < STEPS; ++t) {
    if (t < INPUT_STEPS) y = normalise(load(x, STEP(t)), mean, scale, beta);
    vfloat input = y;
#if RESIDUAL == RESIDUAL_INPUT
    input = input + load(residual, STEP(t));
#endif
    h[t] = charge(v, input, k, v_reset);
    v = reset(h[t], v_th, v_reset);
  }
  vfloat gv = splat(0);
  UNROLL for (int t = STEPS - 1; t >= 0; --t) {
    vfloat g = load(grad_out, STEP(t));
#if RESIDUAL == RESIDUAL_AND
    g = g * load(residual, STEP(t));
#elif RESIDUAL == RESIDUAL_IAND
    g = -(g * load(residual, STEP(t)));
#endif
    const vfloat gh = step_back(g, gv, h[t], v_th, v_reset, alpha);
#if LEARNABLE
    vfloat before = start;
    if (t > 0) before = reset(h[t > 0 ? t - 1 : 0], v_th, v_reset);
#if DECAY_INPUT
    // h = v + (y - (v - v_reset)) k, so dh/dk = y - (v - v_reset).
    y = normalise(load(x, INPUT_AT(t)), mean, scale, beta);
#if RESIDUAL == RESIDUAL_INPUT
    y = y + load(residual, STEP(t));
#endif
    gk = gk + gh * (y - (before - v_reset));
#else
    gk = gk - gh * (before - v_reset);
#endif
#endif
#if LEAK == LEAK_NONE
    gy[t] = gh;
    gv = gh;
#else
    gy[t] = DECAY_INPUT ? gh * k : gh;
    gv = gh * (1.0f - k);
#endif
  }
#else
  vfloat g = load(grad_out, i);
#if RESIDUAL == RESIDUAL_AND
  g = g * load(residual, i);
#elif RESIDUAL == RESIDUAL_IAND
  g = -(g * load(residual, i));
#endif
#if NEURON == NEURON_RELU
  y = normalise(load(x, i), mean, scale, beta);
#if RESIDUAL == RESIDUAL_INPUT
  y = y + load(residual, i);
#endif
  g = g * above_zero(y);
#endif
  gy[0] = g;
#endif
  return gk;
}

#if NORM
/// dbeta, dgamma and coefficients [2, C] of channel c, see neuron_backward_merge.
INLINE void set_coefficients(GLOBAL float* coefficients, GLOBAL float* dbeta, GLOBAL float* dgamma,
                             GLOBAL const float* affine, int64 c, int channels, float beta,
                             float gamma, float inverse_count) {
  dbeta[c] = beta;
  dgamma[c] = gamma;
  const float scale = affine[2 * channels + c] * inverse_count;
  coefficients[c] = scale * beta;
  coefficients[channels + c] = scale * affine[channels + c] * gamma;
}
#endif

// kernels/cuda/neuron.cu brings its own reductions.
#ifndef BLOCK_REDUCTIONS
/// p = v, or p += v.
INLINE void accumulate(GLOBAL float* p, int64 i, vfloat v, bool add) {
  if (add) v = v + load_float(p, i);
  store_float(p, i, v);
}

// partial [chunks, SUMS, C] is assigned: the sums over each chunk of rows.
KERNEL(neuron_backward_reduce, GLOBAL const storage* RESTRICT x,
       GLOBAL const float* RESTRICT affine, GLOBAL const storage* RESTRICT residual,
       GLOBAL const float* RESTRICT leak_parameter, GLOBAL const storage* RESTRICT grad_out,
       GLOBAL float* RESTRICT partial, float leak, float v_th, float v_reset, float alpha,
       int64 rows, int rows_per_chunk, int chunks, int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int64 step = rows * columns * LANES;
  FOR_EACH_ROW(chunk, chunks) {
    const int64 first = chunk * rows_per_chunk;
    const int64 last = first + rows_per_chunk < rows ? first + rows_per_chunk : rows;
    for (int64 block = first; block < last; block += ROW_BLOCK(2 * STEPS)) {
      const int64 left = last - block;
      const int64 end = left > ROW_BLOCK(2 * STEPS) ? block + ROW_BLOCK(2 * STEPS) : last;
      FOR_EACH_COLUMN(c, columns) {
#if NORM
        const vfloat mean = AFFINE(0), invstd = AFFINE(1), scale = AFFINE(2), beta = AFFINE(3);
#else
        const vfloat mean = splat(0), scale = mean, beta = mean;
#endif
        vfloat dbeta = splat(0), dgamma = splat(0), gk = splat(0);
        for (int64 row = block; row < end; ++row) {
          const int64 i = (row * columns + c) * LANES;
          vfloat gy[STEPS];
          gk = gk + backward_item(x, residual, grad_out, i, step, mean, scale, beta, k, v_th,
                                  v_reset, alpha, gy);
#if NORM
          UNROLL for (int t = 0; t < STEPS; ++t) {
            dbeta = dbeta + gy[t];
            dgamma = multiply_add(gy[t], load(x, INPUT_AT(t)) - mean, dgamma);
          }
#endif
        }
        const int64 to = (chunk * SUMS * columns + c) * LANES;
#if NORM
        accumulate(partial, to, dbeta, block > first);
        accumulate(partial, to + columns * LANES, dgamma * invstd, block > first);
#endif
#if LEARNABLE
        accumulate(partial, to + 2 * NORM * columns * LANES, gk, block > first);
#endif
      }
    }
  }
}

#if NORM
// Merges the chunks of the pass above: dbeta and dgamma [C] are assigned, and coefficients [2, C], with
//   gx = scale gy - (coefficients[0] + (x - mean) coefficients[1]);  inverse_count = 1 / count.
KERNEL(neuron_backward_merge, GLOBAL const float* RESTRICT affine,
       GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT dbeta,
       GLOBAL float* RESTRICT dgamma, GLOBAL float* RESTRICT coefficients, float inverse_count,
       int chunks, int channels) {
  FOR_EACH(c, channels) {
    float beta = 0.0f, gamma = 0.0f;
    for (int k = 0; k < chunks; ++k) {
      beta += partial[(int64)k * SUMS * channels + c];
      gamma += partial[((int64)k * SUMS + 1) * channels + c];
    }
    set_coefficients(coefficients, dbeta, dgamma, affine, c, channels, beta, gamma, inverse_count);
  }
}
#endif

#if LEARNABLE
// grad_w[0] is assigned: w' = sigmoid'(w) * sum of gk [C].
KERNEL(leak_gradient, GLOBAL const float* RESTRICT sums, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL float* RESTRICT grad_w, int channels) {
  FOR_EACH(i, 1) {
    const float k = leak_factor(0.0f, leak_parameter);
    float total = 0.0f;
    for (int c = 0; c < channels; ++c) total += sums[c];
    grad_w[i] = total * k * (1.0f - k);
  }
}
#endif
#endif

// grad_x and grad_residual are assigned. coefficients [2, C] as above.
KERNEL(neuron_backward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT affine,
       GLOBAL const storage* RESTRICT residual, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL const storage* RESTRICT grad_out, GLOBAL const float* RESTRICT coefficients,
       GLOBAL storage* RESTRICT grad_x, GLOBAL storage* RESTRICT grad_residual, float leak,
       float v_th, float v_reset, float alpha, int64 rows, int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int64 step = rows * columns * LANES;
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      const int64 i = (row * columns + c) * LANES;
#if NORM
      const vfloat mean = AFFINE(0), scale = AFFINE(2), beta = AFFINE(3);
      const vfloat shift = load_float(coefficients, c * LANES);
      const vfloat slope = load_float(coefficients, (columns + c) * LANES);
#else
      const vfloat mean = splat(0), scale = mean, beta = mean;
#endif
      vfloat gy[STEPS];
      backward_item(x, residual, grad_out, i, step, mean, scale, beta, k, v_th, v_reset, alpha,
                    gy);
#if RESIDUAL == RESIDUAL_INPUT
      UNROLL for (int t = 0; t < STEPS; ++t) store(grad_residual, STEP(t), gy[t]);
#elif RESIDUAL == RESIDUAL_ADD
      UNROLL for (int t = 0; t < STEPS; ++t) {
        store(grad_residual, STEP(t), load(grad_out, STEP(t)));
      }
#elif MERGED
      // out = s r or (1 - s) r: the residual's gradient needs s, which is recomputed once more.
      vfloat v = splat(HARD_RESET ? v_reset : 0.0f);
      UNROLL for (int t = 0; t < STEPS; ++t) {
        const vfloat y = normalise(load(x, INPUT_AT(t)), mean, scale, beta);
#if SPIKING
        const vfloat h = charge(v, y, k, v_reset);
        vfloat s = fire(h, v_th);
        v = reset(h, v_th, v_reset);
#elif NEURON == NEURON_RELU
        vfloat s = relu(y);
#else
        vfloat s = y;
#endif
#if RESIDUAL == RESIDUAL_IAND
        s = 1.0f - s;
#endif
        store(grad_residual, STEP(t), load(grad_out, STEP(t)) * s);
      }
#endif
#if INPUT_STEPS < STEPS
      UNROLL for (int t = 1; t < STEPS; ++t) gy[0] = gy[0] + gy[t];
#endif
      UNROLL for (int t = 0; t < INPUT_STEPS; ++t) {
#if NORM
        gy[t] = multiply_add(scale, gy[t], -multiply_add(load(x, STEP(t)) - mean, slope, shift));
#endif
        store(grad_x, STEP(t), gy[t]);
      }
    }
  }
}
