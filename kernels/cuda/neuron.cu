// neuron.cu with the reductions of its backward pass written anew: the rows of a chunk are summed by a
// block, and the last block of a tile of channels merges the chunks.
//
//   dbeta = sum gy,   dgamma = sum gy xhat,   gk = sum gh dh/dk        over all rows, per channel
#define IN_PARTS
#include "group.h"

#include "../neuron.cu"

// Items whose loads are in flight together: those of eight packets at least.
#define PACKETS (INPUT_STEPS + (CHANGES_RESIDUAL ? 2 : 1) * STEPS)
#define ITEMS (SEGMENTS > 1 ? 1 : (7 + PACKETS) / PACKETS)

// partial [chunks, 2, C] is assigned, dbeta and dgamma over each chunk of rows, and behind it gk of each
// block; dbeta and dgamma [C], coefficients [2, C] and grad_w [1] as the merges of neuron.cu do.
#undef BLOCKS
#define BLOCKS (STEPS <= 8 ? 2 : 1)
KERNEL(neuron_backward_reduce, GLOBAL const storage* RESTRICT x,
       GLOBAL const float* RESTRICT affine, GLOBAL const storage* RESTRICT residual,
       GLOBAL const float* RESTRICT leak_parameter, GLOBAL const storage* RESTRICT grad_out,
       GLOBAL float* partial, GLOBAL float* RESTRICT dbeta, GLOBAL float* RESTRICT dgamma,
       GLOBAL float* RESTRICT coefficients, GLOBAL float* RESTRICT grad_w, float inverse_count,
       GLOBAL unsigned* counters, float leak, float v_th, float v_reset, float alpha, int64 rows,
       int rows_per_chunk, int chunks, int columns) {
  const float k = leak_factor(leak, leak_parameter);
  const int channels = columns * LANES, blocks = chunks * tiles(columns);
  const int64 step = rows * channels;
  FOR_EACH_BLOCK(b, blocks) {
    const Share s = share(b, rows, rows_per_chunk, columns);
    const int64 c = s.column;
    vfloat betas[PARTS], gammas[PARTS];
    float leaks = 0.0f;
    FOR_EACH_PART(part) betas[part] = gammas[part] = splat(0);
    if (c < columns) {
      Neurons n[PARTS];
      FOR_EACH_PART(part) n[part] = neurons_at(affine, c, part, columns, k, v_th, v_reset, alpha);
      unsigned ahead = 0;
      batched<ITEMS>(
          s.row, s.last, BLOCK / s.width,
          [&](int64 row) {
            Segment item;
            const int64 i = (row * columns + c) * LANES;
            fetch_item(&item, x, residual, grad_out, i, step);
            if (ITEMS > 1) {
              hold(item.x, 0, ahead);
              ahead |= word_of(item.x[0]);
            }
            return item;
          },
          [&](int64 row, Segment& item) {
            vfloat gk[PARTS];
            FOR_EACH_PART(part) gk[part] = splat(0);
            const int64 i = (row * columns + c) * LANES;
            sum_item(&item, x, residual, grad_out, i, step, n, betas, gammas, gk);
            FOR_EACH_PART(part) leaks += lane_sum(gk[part]);
          });
    }
#if LEARNABLE
    leaks = block_sum(leaks);
    GLOBAL float* of_blocks = partial + (int64)chunks * 2 * NORM * channels;
    if (threadIdx.x == 0) of_blocks[b] = leaks;
    if (last_of(counters + tiles(columns), blocks)) {
      leaks = sum_of(of_blocks, blocks);
      if (threadIdx.x == 0) grad_w[0] = leaks * leak_slope(k);
    }
#endif
#if NORM
    const float beta_sum = column_sum(betas, s), gamma_sum = column_sum(gammas, s);
    if (s.channel < channels) {
      GLOBAL float* to = partial + s.chunk * 2 * channels + s.channel;
      to[0] = beta_sum;
      to[channels] = gamma_sum * affine[channels + s.channel];
    }
    if (!last_of(counters + s.tile, chunks)) continue;

    FOR_EACH_PART(part) betas[part] = gammas[part] = splat(0);
    struct Sums {
      vfloat beta[PARTS], gamma[PARTS];
    };
    for_each_chunk(
        s, chunks, columns,
        [&](int64 q) {
          Sums of;
          FOR_EACH_PART(part) {
            const int64 at = q * 2 * channels + c * LANES + part * VECTOR;
            of.beta[part] = load_float(partial, at);
            of.gamma[part] = load_float(partial, at + channels);
          }
          return of;
        },
        [&](int64, const Sums& of) {
          FOR_EACH_PART(part) {
            betas[part] = betas[part] + of.beta[part];
            gammas[part] = gammas[part] + of.gamma[part];
          }
        });
    const float all_beta = column_sum(betas, s), all_gamma = column_sum(gammas, s);
    if (s.channel < channels) {
      set_coefficients(coefficients, dbeta, dgamma, affine, s.channel, channels, all_beta, all_gamma,
                       inverse_count);
    }
#endif
  }
}
