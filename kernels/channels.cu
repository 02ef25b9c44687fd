// Channels of activations [rows, C] next to each other. LANES = 1.
//
// Bytes moved: what is copied is read once and written once, the least there can be.
#include "portable.h"

// to [rows, to_channels] is assigned at the columns to_first <= c < to_first + columns:
//
//   to[row, to_first + c] = from[row, from_first + c],   from [rows, from_channels]
KERNEL(copy_channels, GLOBAL const storage* RESTRICT from, GLOBAL storage* RESTRICT to, int from_channels,
       int from_first, int to_channels, int to_first, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      store(to, row * to_channels + to_first + c, load(from, row * from_channels + from_first + c));
    }
  }
}
