// distance.cu with a block for every chunk; equations and layouts there.
#include "group.h"

#include "../distance.cu"

// partial [chunks] and grad are assigned, and losses[at] = share * the sum of partial.
KERNEL(absolute_error, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL storage* RESTRICT grad, GLOBAL float* partial,
       GLOBAL float* RESTRICT losses, float share, int at, GLOBAL unsigned* counters, float scale,
       int64 n, int items_per_chunk, int chunks) {
  const float slope = scale * loss_scale[0];
  FOR_EACH_BLOCK(chunk, chunks) {
    vfloat sum = splat(0);
    for_each_pair(a, b, chunk, items_per_chunk, n, [&](int64 i, vfloat x, vfloat y) {
      const vfloat d = x - y;
      sum = sum + absolute(d);
      store(grad, i * LANES, sign_of(d) * slope);
    });
    add_up(sum, chunk, chunks, share, partial, losses + at, counters);
  }
}

// partial [N, chunks, 3] is assigned, as one folder up.
KERNEL(product_sums, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL float* RESTRICT partial, int64 items, int items_per_chunk, int samples, int chunks) {
  FOR_EACH_BLOCK(i, samples * chunks) {
    const int64 start = i / chunks * items;
    vfloat aa = splat(0), bb = splat(0), ab = splat(0);
    for_each_pair(a + start * LANES, b + start * LANES, i % chunks, items_per_chunk, items,
                  [&](int64, vfloat x, vfloat y) {
                    aa = multiply_add(x, x, aa);
                    bb = multiply_add(y, y, bb);
                    ab = multiply_add(x, y, ab);
                  });
    const float sums[] = {block_sum(lane_sum(aa)), block_sum(lane_sum(bb)), block_sum(lane_sum(ab))};
    if (threadIdx.x < 3) partial[(int64)i * 3 + threadIdx.x] = sums[threadIdx.x];
  }
}
