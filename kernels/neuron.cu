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
// or what a user's file makes of charge, fire and reset (CUSTOM, neuron_dynamics.h).
//
// The membrane stays in registers; nothing but x is kept for the backward pass, which recomputes h.
// With g the gradient of s, and sg the surrogate of ds/dh at u = h - v_th,
//
//   gh[t] = g[t] sg + gv[t] (1 - s + (v_reset - h) sg)      hard reset; without the sg term when
//   gh[t] = g[t] sg + gv[t] (1 - v_th sg)                   soft reset;  DETACH_RESET is set
//   gv[t-1] = gh[t] (1 - k),   gy[t] = gh[t]  (gh[t] k with DECAY_INPUT)
//   gk = sum gh[t] dh/dk (times k with DECAY_INPUT: then dh/dk = (h[t] - v[t-1]) / k),
//   dbeta = sum gy,   dgamma = sum gy xhat,   xhat = (x - mean) invstd
//   gx = scale (gy - (dbeta + xhat dgamma) / count)         count = elements a channel
//
// Where mean and var are those of several ranks (batchnorm.cu), dbeta, dgamma and count in the last line are so
// too: that term is linear in dbeta and dgamma, so what each rank makes of its own sums and the count of all adds
// up over the ranks. Each leaves its own dbeta and dgamma as gradients.
//
// -D: STEPS (T of the neuron), INPUT_STEPS (T of x: 1, the same input at every step, or STEPS),
//     NORM, NEURON, LEAK, RESIDUAL, HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE; PACK (neuron_item.h)
//     or nothing; CUSTOM or nothing.
// NEURON_RELU and NEURON_IDENTITY have STEPS = 1 (time is folded into rows by the caller).
#define IN_PARTS
#include "portable.h"
#include "neuron_item.h"

// Sums a backward pass reduces over rows: dbeta, dgamma, gk.
#define SUMS (2 * NORM + LEARNABLE)

INLINE float leak_factor(float leak, GLOBAL const float* leak_parameter) {
#if LEARNABLE
  return 1.0f / (1.0f + scalar_exp(-leak_parameter[0]));
#else
  return leak;
#endif
}

/// v[-1].
INLINE vfloat start_of(Neurons n) { return splat(HARD_RESET ? n.constants.v_reset : 0.0f); }

// out is assigned, and with PACK packed, a copy of it that spikes.cu unpacks: written here it costs a 16th
// of the bytes that out does, where a pass of its own would read out again. x [INPUT_STEPS, rows, C], r and
// out [STEPS, rows, C], packed [STEPS, rows, C] bytes or C / PACKED_LANES bytes of bits. A thread of a neuron without
// spikes loads one packet or two, so more of them have to share a multiprocessor.
#undef BLOCKS
#define BLOCKS (!SPIKING ? 5 : STEPS <= 4 ? 3 : 2)
KERNEL(neuron_forward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT affine,
       GLOBAL const storage* RESTRICT residual, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL storage* RESTRICT out, GLOBAL uchar* RESTRICT packed, float leak, float v_th,
       float v_reset, int64 rows, int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int64 step = rows * columns * LANES;
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      const int64 i = (row * columns + c) * LANES;
      Segment s;
      outgoing results[SEGMENT];
      vfloat v[PARTS], y[PARTS];
      if (INPUT_STEPS == 1) s.x[0] = fetch(x, i);
      ROLLED for (int first = 0; first < STEPS; first += SEGMENT) {
        unsigned ahead = 0;
        fetch_inputs(&s, x, residual, i, step, first, &ahead);
        if (MERGED) fetch_steps(s.residual, residual, i, step, first, &ahead);
        if (SPIKING) hold(s.x, 0, ahead);
        FOR_EACH_PART(part) {
          const Neurons n = neurons_at(affine, c, part, columns, k, v_th, v_reset, 0.0f);
          if (first == 0) v[part] = start_of(n);
          FOR_EACH_STEP(j, first) {
            const vfloat h = charge_at(&s, part, first, j, n, v[part], &y[part]);
            v[part] = potential_after(h, n.constants);
            vfloat result = output(h, n);
#if RESIDUAL == RESIDUAL_ADD
            result = result + value(s.residual[j], part);
#elif RESIDUAL == RESIDUAL_AND
            result = result * value(s.residual[j], part);
#elif RESIDUAL == RESIDUAL_IAND
            result = (1.0f - result) * value(s.residual[j], part);
#endif
            put(&results[j], part, result);
            send_step(out, i, step, first + j, part, results[j]);
            pack_step(packed, i, step, first + j, part, results[j]);
          }
          if (SPIKING && part + 1 < PARTS) hold(s.x, part + 1, word_of(v[part]));
        }
        send_steps(out, i, step, first, STEPS, results);
        pack_steps(packed, i, step, first, results);
      }
    }
  }
}

/// Adds an item to sums [PARTS].
INLINE void sum_item(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual,
                     GLOBAL const storage* grad_out, int64 i, int64 step, const Neurons* n,
                     vfloat* dbeta, vfloat* dgamma, vfloat* gk) {
  vfloat starts[SEGMENTS * PARTS], y[PARTS], gv[PARTS], total[PARTS];
  FOR_EACH_PART(part) {
    starts[part] = start_of(n[part]);
    gv[part] = splat(0);
  }
  start_segments(s, x, residual, i, step, n, y, starts);
  UNROLL for (int q = SEGMENTS - 1; q >= 0; --q) {
    const int first = q * SEGMENT;
    const unsigned done = done_before(q, starts, gv);
    const int64 pace = after(step, done);
    fetch_next(s, x, residual, grad_out, i, pace, q, done, starts);
    FOR_EACH_PART(part) {
      vfloat h[SEGMENT + 1];
      charge_segment(s, part, first, n[part], starts[q * PARTS + part], &y[part], h);
      FOR_EACH_STEP_BACK(j, first) {
        const vfloat gy = step_back_at(s, part, first, j, n[part], h, &gv[part], &gk[part]);
        total[part] = INPUT_STEPS == 1 && first + j < STEPS - 1 ? total[part] + gy : gy;
        if (NORM && HAS_X(first + j)) {
          dbeta[part] = dbeta[part] + total[part];
          dgamma[part] = multiply_add(total[part], value(s->x[j], part) - n[part].mean, dgamma[part]);
        }
      }
      if (part + 1 < PARTS) hold(s->x, part + 1, word_of(gv[part]));
    }
  }
}

#if NORM
/// dbeta, dgamma and coefficients [2, C] of channel c, see neuron_backward_merge. inverse_count 0 stands for
/// that of all ranks, in row 4 of affine.
INLINE void set_coefficients(GLOBAL float* coefficients, GLOBAL float* dbeta, GLOBAL float* dgamma,
                             GLOBAL const float* affine, int64 c, int channels, float beta,
                             float gamma, float inverse_count) {
  dbeta[c] = beta;
  dgamma[c] = gamma;
  if (inverse_count == 0.0f) inverse_count = affine[4 * channels + c];
  const float scale = affine[2 * channels + c] * inverse_count;
  coefficients[c] = scale * beta;
  coefficients[channels + c] = scale * affine[channels + c] * gamma;
}
#endif

/// dL/dw from the sum of gk: k' = k (1 - k), and with DECAY_INPUT gk has the factor k already.
INLINE float leak_slope(float k) { return DECAY_INPUT ? 1.0f - k : k * (1.0f - k); }

// kernels/cuda/neuron.cu brings its own reductions.
#ifndef BLOCK_REDUCTIONS
/// p = v, or p += v.
INLINE void accumulate(GLOBAL float* p, int64 i, vfloat v, bool add) {
  if (add) v = v + load_float(p, i);
  store_float(p, i, v);
}

// partial [chunks, SUMS, C] is assigned: the sums over each chunk of rows.
#undef BLOCKS
#define BLOCKS (STEPS <= 8 ? 2 : 1)
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
        Neurons n[PARTS];
        vfloat dbeta[PARTS], dgamma[PARTS], gk[PARTS];
        FOR_EACH_PART(part) {
          n[part] = neurons_at(affine, c, part, columns, k, v_th, v_reset, alpha);
          dbeta[part] = dgamma[part] = gk[part] = splat(0);
        }
        for (int64 row = block; row < end; ++row) {
          const int64 i = (row * columns + c) * LANES;
          Segment s;
          fetch_item(&s, x, residual, grad_out, i, step);
          sum_item(&s, x, residual, grad_out, i, step, n, dbeta, dgamma, gk);
        }
        FOR_EACH_PART(part) {
          const int64 to = (chunk * SUMS * columns + c) * LANES + part * VECTOR;
#if NORM
          accumulate(partial, to, dbeta[part], block > first);
          accumulate(partial, to + columns * LANES, dgamma[part] * AFFINE(1), block > first);
#endif
#if LEARNABLE
          accumulate(partial, to + 2 * NORM * columns * LANES, gk[part], block > first);
#endif
        }
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
// grad_w[0] is assigned, from the sums of gk [C].
KERNEL(leak_gradient, GLOBAL const float* RESTRICT sums, GLOBAL const float* RESTRICT leak_parameter,
       GLOBAL float* RESTRICT grad_w, int channels) {
  FOR_EACH(i, 1) {
    const float k = leak_factor(0.0f, leak_parameter);
    float total = 0.0f;
    for (int c = 0; c < channels; ++c) total += sums[c];
    grad_w[i] = total * leak_slope(k);
  }
}
#endif
#endif

// grad_x and grad_residual are assigned, the latter but for RESIDUAL_ADD, where it is grad_out.
// coefficients [2, C] as above.
#undef BLOCKS
#define BLOCKS (STEPS <= 6 ? 2 : 1)
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
      Segment s;
      outgoing gx[SEGMENT], gr[SEGMENT];
      fetch_item(&s, x, residual, grad_out, i, step);
      Neurons n[PARTS];
      vfloat starts[SEGMENTS * PARTS], y[PARTS], gv[PARTS], gk[PARTS], total[PARTS];
      FOR_EACH_PART(part) {
        n[part] = neurons_at(affine, c, part, columns, k, v_th, v_reset, alpha);
        starts[part] = start_of(n[part]);
        gv[part] = gk[part] = splat(0);
      }
      start_segments(&s, x, residual, i, step, n, y, starts);
      UNROLL for (int q = SEGMENTS - 1; q >= 0; --q) {
        const int first = q * SEGMENT;
        const unsigned done = done_before(q, starts, gv);
        const int64 pace = after(step, done);
        fetch_next(&s, x, residual, grad_out, i, pace, q, done, starts);
        FOR_EACH_PART(part) {
          vfloat h[SEGMENT + 1];
          charge_segment(&s, part, first, n[part], starts[q * PARTS + part], &y[part], h);
#if NORM
          const vfloat shift = load_float(coefficients, c * LANES + part * VECTOR);
          const vfloat slope = load_float(coefficients, (columns + c) * LANES + part * VECTOR);
#endif
          FOR_EACH_STEP_BACK(j, first) {
            const vfloat gy = step_back_at(&s, part, first, j, n[part], h, &gv[part], &gk[part]);
#if RESIDUAL == RESIDUAL_INPUT
            put(&gr[j], part, gy);
#elif RESIDUAL == RESIDUAL_AND
            put(&gr[j], part, value(s.grad_out[j], part) * output(h[j + 1], n[part]));
#elif RESIDUAL == RESIDUAL_IAND
            put(&gr[j], part, value(s.grad_out[j], part) * (1.0f - output(h[j + 1], n[part])));
#endif
#if CHANGES_RESIDUAL
            send_step(grad_residual, i, pace, first + j, part, gr[j]);
#endif
            total[part] = INPUT_STEPS == 1 && first + j < STEPS - 1 ? total[part] + gy : gy;
            if (HAS_X(first + j)) {
#if NORM
              put(&gx[j], part,
                  multiply_add(n[part].scale, total[part],
                               -multiply_add(value(s.x[j], part) - n[part].mean, slope, shift)));
#else
              put(&gx[j], part, total[part]);
#endif
              send_step(grad_x, i, pace, first + j, part, gx[j]);
            }
          }
          if (part + 1 < PARTS) hold(s.x, part + 1, word_of(gv[part]));
        }
#if CHANGES_RESIDUAL
        send_steps(grad_residual, i, step, first, STEPS, gr);
#endif
        send_steps(grad_x, i, step, first, INPUT_STEPS, gx);
      }
    }
  }
}
