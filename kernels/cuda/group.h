// What the kernels of this folder share: threads of a warp, or of a block, that work on one thing.
//
// Each kernel is the twin of the one of its name one folder up: the same parameters and results, but
// for the order of sums. It is launched in blocks of BLOCK threads in a line, and its body is one of
//
//   FOR_EACH_WARP(i, n)    n items, each by the 32 threads of a warp
//   FOR_EACH_BLOCK(i, n)   n items, each by all threads of a block
//
// Sums are trees of a fixed shape, so every result is the same on every run.
#pragma once
#include "../portable.h"

// The file one folder up, where it is included for the rest, leaves its reductions out.
#define BLOCK_REDUCTIONS

#define PRAGMA_(text) _Pragma(#text)
#define UNROLL_BY(n) PRAGMA_(unroll n)

#define WARP 32
#define WARP_THREAD ((int)threadIdx.x % WARP)
#define FOR_EACH_WARP(i, n) \
  for (int64 i = GRID_START(x) / WARP; i < (n); i += GRID_STRIDE(x) / WARP)
#define FOR_EACH_BLOCK(i, n) for (int64 i = blockIdx.x; i < (n); i += gridDim.x)

// ---- sums, which every thread of the warp or block gets ----
INLINE float warp_sum(float a) {
  UNROLL for (int k = WARP / 2; k > 0; k /= 2) a += __shfl_xor_sync(0xffffffffu, a, k);
  return a;
}
/// A NaN is passed over.
INLINE float warp_max(float a) {
  UNROLL for (int k = WARP / 2; k > 0; k /= 2) a = fmaxf(a, __shfl_xor_sync(0xffffffffu, a, k));
  return a;
}
INLINE float block_sum(float a) {
  __shared__ float sums[BLOCK / WARP];
  a = warp_sum(a);
  if (WARP_THREAD == 0) sums[threadIdx.x / WARP] = a;
  __syncthreads();
  float total = 0.0f;
  UNROLL for (int k = 0; k < BLOCK / WARP; ++k) total += sums[k];
  __syncthreads();
  return total;
}

// ---- sums over the rows of a matrix [rows, columns * LANES] ----
/// A block's share: one chunk of rows, and a tile of neighbouring columns, 32 or fewer if there are
/// fewer. The threads of a row take a column each, and every BLOCK / width-th row.
struct Share {
  int width;           // threads of a row
  int64 chunk;
  int64 row, last;     // this thread's first row, and the chunk's end
  int64 column;        // of this thread; none if not below columns
  int64 channel;       // that column_sum gives this thread; none if not below columns * LANES
};

INLINE int tile_width(int columns) {
  int width = 1;
  while (width < columns && width < WARP) width *= 2;
  return width;
}
INLINE int tiles(int columns) { return (columns + tile_width(columns) - 1) / tile_width(columns); }

INLINE Share share(int64 i, int64 rows, int rows_per_chunk, int columns) {
  Share s;
  s.width = tile_width(columns);
  s.chunk = i / tiles(columns);
  const int64 first = s.chunk * rows_per_chunk;
  s.last = first + rows_per_chunk < rows ? first + rows_per_chunk : rows;
  const int thread = (int)threadIdx.x;
  s.row = first + thread / s.width;
  const int64 tile = i % tiles(columns) * s.width;
  s.column = tile + thread % s.width;
  s.channel = thread < s.width * LANES ? tile * LANES + thread : (int64)columns * LANES;
  if (s.column >= columns) s.row = s.last;
  return s;
}

#define FOR_EACH_ROW_OF(s, row) for (int64 row = s.row; row < s.last; row += BLOCK / s.width)

/// The sum of a [PARTS] over the threads of each column: to each thread that of its channel.
INLINE float column_sum(const vfloat* a, Share s) {
  alignas(16) __shared__ float values[BLOCK * LANES];
  UNROLL for (int part = 0; part < PARTS; ++part) {
    store_float(values, threadIdx.x * LANES + part * VECTOR, a[part]);
  }
  __syncthreads();
  float total = 0.0f;
  for (int k = threadIdx.x; k < BLOCK * LANES; k += s.width * LANES) total += values[k];
  __syncthreads();
  return total;
}
