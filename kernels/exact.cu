// Float32 numbers as bfloat16 ones, exactly: bfloat16 keeps the first 8 of float32's 24 significant
// bits, so a spike (0 or 1, or a small sum of them) needs one bfloat16, and any number is a sum of
// three. A product of float32 spikes and weights is then three products of matrix units that take
// bfloat16 and add in float32, with nothing lost.
#include "portable.h"

// out [n] (bfloat16 bits) is assigned: x rounded; inexact [chunks] is assigned: whether any number of
// the chunk lost something.
KERNEL(narrow, GLOBAL const float* RESTRICT x, GLOBAL storage* RESTRICT out,
       GLOBAL int* RESTRICT inexact, int64 n, int items_per_chunk, int chunks) {
  FOR_EACH(chunk, chunks) {
    const int64 first = chunk * items_per_chunk;
    const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
    vfloat lost = splat(0);
    for (int64 i = first; i < last; ++i) {
      const vfloat v = load_float(x, i * LANES);
      store(out, i * LANES, v);
      lost = lost + absolute(v - load(out, i * LANES));
    }
    // A NaN is not exact either.
    inexact[chunk] = lane_sum(lost) == 0.0f ? 0 : 1;
  }
}

// parts [3, n] float32 is assigned: w = parts[0] + parts[1] + parts[2], each of them a bfloat16.
KERNEL(split, GLOBAL const float* RESTRICT w, GLOBAL storage* RESTRICT rounded,
       GLOBAL float* RESTRICT parts, int64 n) {
  FOR_EACH(i, n) {
    vfloat rest = load_float(w, i * LANES);
    UNROLL for (int k = 0; k < 3; ++k) {
      store(rounded, i * LANES, rest);
      const vfloat part = load(rounded, i * LANES);
      store_float(parts, (k * n + i) * LANES, part);
      rest = rest - part;
    }
  }
}
