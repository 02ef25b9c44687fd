// What convolutions by a vendor's library need beside it. LANES = 1.
#include "portable.h"

// y [rows, to] is assigned: the channels of x [rows, from], cut off behind the last or followed by zeros.
KERNEL(resize_channels, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT y, int from, int64 rows,
       int to) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, to) {
      vfloat value = splat(0);
      if (c < from) value = load(x, row * from + c);
      store(y, row * to + c, value);
    }
  }
}

// sums [count] is assigned: item i takes bytes i, i + count, i + 2 count ... of x [n] into one number,
//
//   sum = (sum xor byte) 16777619, from 2166136261 (Fowler, Noll and Vo),
//
// so that two results differ in their sums if one byte differs.
KERNEL(checksum, GLOBAL const uchar* RESTRICT x, GLOBAL int* RESTRICT sums, int64 n, int count) {
  FOR_EACH(item, count) {
    unsigned int sum = 2166136261u;
    for (int64 i = item; i < n; i += count) sum = (sum ^ x[i]) * 16777619u;
    sums[item] = (int)sum;
  }
}
