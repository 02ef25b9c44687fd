// optimizer.cu with a block for every chunk of the sum of squares.
#include "group.h"

#include "../optimizer.cu"

// partial [chunks] is assigned: sums of squares of x; and out [1], their sum.
KERNEL(sum_squares, GLOBAL const float* RESTRICT x, GLOBAL float* partial, GLOBAL float* RESTRICT out,
       GLOBAL unsigned* counters, int64 n, int items_per_chunk, int chunks) {
  FOR_EACH_BLOCK(chunk, chunks) {
    const int64 first = (int64)chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat sum = splat(0);
    batched<8>(
        first + threadIdx.x, last, BLOCK, [&](int64 i) { return load_float(x, i * LANES); },
        [&](int64, vfloat a) { sum = sum + a * a; });
    add_up(sum, chunk, chunks, 1.0f, partial, out, counters);
  }
}
