// Inverted dropout with a mask that a hash makes: nothing is kept for the backward pass, which calls this
// with the gradient. LANES = 1. It reads and writes every element once, the least there is.
#include "portable.h"

/// A bijection of 32 bits that mixes them well: "lowbias32" of C. Wellons, 2018.
INLINE unsigned mix(unsigned x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

// out [rows, columns] is assigned: x scaled, or 0 where the element's random number, of 32 bits, is below
// threshold. The number is a function of draw [2], key, and the element's index within a step of the batch, of
// which x may have a part only: x [T', samples, sample_rows, columns], and places [samples] tells where in the
// batch each sample is. Two rounds of mix with draw's words between them.
KERNEL(dropout, GLOBAL const storage* RESTRICT x, GLOBAL const int* RESTRICT draw,
       GLOBAL const int* RESTRICT places, GLOBAL storage* RESTRICT out, int threshold, float scale,
       int key, int samples, int64 sample_rows, int64 rows, int columns) {
  const unsigned before = mix((unsigned)draw[0] ^ mix((unsigned)key));
  const unsigned after = mix((unsigned)draw[1] + (unsigned)key);
  FOR_EACH_ROW(row, rows) {
    const int64 place = places[row / sample_rows % samples];
    const unsigned first = (unsigned)((place * sample_rows + row % sample_rows) * columns);
    FOR_EACH_COLUMN(c, columns) {
      const unsigned random = mix(mix((first + (unsigned)c) ^ before) ^ after);
      const int64 i = row * columns + c;
      store(out, i, random >= (unsigned)threshold ? load(x, i) * scale : splat(0));
    }
  }
}
