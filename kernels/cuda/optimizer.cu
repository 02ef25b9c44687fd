// optimizer.cu with a block for every chunk of the sum of squares.
#include "group.h"

#include "../optimizer.cu"

// partial [chunks] is assigned: sums of squares of x.
KERNEL(sum_squares, GLOBAL const float* RESTRICT x, GLOBAL float* RESTRICT partial, int64 n,
       int items_per_chunk, int chunks) {
  FOR_EACH_BLOCK(chunk, chunks) {
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    UNROLL_BY(4) for (int64 i = first + threadIdx.x; i < last; i += BLOCK) {
      const vfloat a = load_float(x, i * LANES);
      sum = sum + a * a;
    }
    const float total = block_sum(lane_sum(sum));
    if (threadIdx.x == 0) partial[chunk] = total;
  }
}
