// Inverted dropout with a mask that a hash makes: nothing is kept for the backward pass, which calls this
// with the gradient. LANES = 1. It reads and writes every element once, the least there is.
#include "random.h"

// out [rows, columns] is assigned: x scaled, or 0 where the element's random number, of 32 bits, is below
// threshold. The number is a function of draw [2], key, and the element's index within a step of the batch, of
// which x may have a part only: x [T', samples, sample_rows, columns], and places [samples] tells where in the
// batch each sample is.
KERNEL(dropout, GLOBAL const storage* RESTRICT x, GLOBAL const int* RESTRICT draw,
       GLOBAL const int* RESTRICT places, GLOBAL storage* RESTRICT out, int threshold, float scale,
       int key, int samples, int64 sample_rows, int64 rows, int columns) {
  const unsigned before = word_before(draw, key), after = word_after(draw, key);
  FOR_EACH_ROW(row, rows) {
    const int64 place = places[row / sample_rows % samples];
    const unsigned first = (unsigned)((place * sample_rows + row % sample_rows) * columns);
    FOR_EACH_COLUMN(c, columns) {
      const unsigned random = random_bits(before, after, first + (unsigned)c);
      const int64 i = row * columns + c;
      store(out, i, random >= (unsigned)threshold ? load(x, i) * scale : splat(0));
    }
  }
}
