// Element by element: fill, add, multiply, convert, bias. n counts items of LANES elements.
#include "portable.h"

// x is assigned.
KERNEL(fill, GLOBAL storage* RESTRICT x, float value, int64 n) {
  FOR_EACH(i, n) { store(x, i * LANES, splat(value)); }
}

// a += b.
KERNEL(add, GLOBAL storage* RESTRICT a, GLOBAL const storage* RESTRICT b, int64 n) {
  FOR_EACH(i, n) { store(a, i * LANES, load(a, i * LANES) + load(b, i * LANES)); }
}

// out = a b is assigned, float32.
KERNEL(multiply, GLOBAL const float* RESTRICT a, GLOBAL const float* RESTRICT b, GLOBAL float* RESTRICT out,
       int64 n) {
  FOR_EACH(i, n) { store_float(out, i * LANES, load_float(a, i * LANES) * load_float(b, i * LANES)); }
}

// out is assigned: storage to float32.
KERNEL(to_float, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT out, int64 n) {
  FOR_EACH(i, n) { store_float(out, i * LANES, load(x, i * LANES)); }
}

// out is assigned: float32 to storage, rounded to nearest even.
KERNEL(from_float, GLOBAL const float* RESTRICT x, GLOBAL storage* RESTRICT out, int64 n) {
  FOR_EACH(i, n) { store(out, i * LANES, load_float(x, i * LANES)); }
}

// x [rows, C] += bias [C].
KERNEL(add_bias, GLOBAL storage* RESTRICT x, GLOBAL const float* RESTRICT bias, int64 rows,
       int columns) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      const int64 i = (row * columns + c) * LANES;
      store(x, i, load(x, i) + load_float(bias, c * LANES));
    }
  }
}
