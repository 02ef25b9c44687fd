// distance.cu with a block for every chunk of the absolute error; equations and layouts there.
#include "group.h"

#include "../distance.cu"

// partial [chunks] and grad are assigned.
KERNEL(absolute_error, GLOBAL const storage* RESTRICT a, GLOBAL const storage* RESTRICT b,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL storage* RESTRICT grad,
       GLOBAL float* RESTRICT partial, float scale, int64 n, int items_per_chunk, int chunks) {
  FOR_EACH_BLOCK(chunk, chunks) {
    const float slope = scale * loss_scale[0];
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    UNROLL_BY(4) for (int64 i = first + threadIdx.x; i < last; i += BLOCK) {
      const vfloat d = load(a, i * LANES) - load(b, i * LANES);
      sum = sum + absolute(d);
      store(grad, i * LANES, sign_of(d) * slope);
    }
    const float total = block_sum(lane_sum(sum));
    if (threadIdx.x == 0) partial[chunk] = total;
  }
}
