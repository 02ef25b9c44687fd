// What the kernels of this folder share: threads of a warp, or of a block, that work on one thing.
//
// Each kernel is the twin of the one of its name one folder up, with the same results but for the order
// of sums. It is launched in blocks of BLOCK threads in a line, and its body is one of
//
//   FOR_EACH_WARP(i, n)    n items, each by the 32 threads of a warp
//   FOR_EACH_BLOCK(i, n)   n items, each by all threads of a block
//
// A reduction is one launch where its portable twin is two: blocks write partial sums of chunks, and the
// last of them to come to its end merges all (last_of). Between `partial` and its counters it has the
// parameters of what merges there. Sums are trees of a fixed shape, and the merge
// has an order that does not depend on which block it is, so every result is the same on every run.
#pragma once
#include "../portable.h"

// The file one folder up, where it is included for the rest, leaves its reductions out.
#define BLOCK_REDUCTIONS

#define WARP 32
#define WARP_THREAD ((int)threadIdx.x % WARP)
#define FOR_EACH_WARP(i, n) \
  for (int64 i = GRID_START(x) / WARP; i < (n); i += GRID_STRIDE(x) / WARP)
#define FOR_EACH_BLOCK(i, n) for (int i = blockIdx.x; i < (n); i += gridDim.x)

#define PRAGMA_(text) _Pragma(#text)
#define UNROLL_BY(n) PRAGMA_(unroll n)

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

// ---- loops with loads ahead ----
/// take(i, fetch(i)) for i = first, first + stride, ... below last: N at a time, which are all fetched
/// before the last of them is taken, and the others after it. What is past the end is fetched where the
/// first of the N is, and left, so that the end of a loop is no slower.
template <int N, class Fetch, class Take>
INLINE void batched(int64 first, int64 last, int64 stride, Fetch fetch, Take take) {
  for (int64 i = first; i < last; i += N * stride) {
    decltype(fetch(i)) items[N];
    UNROLL for (int k = 0; k < N; ++k) {
      const int64 at = i + k * stride;
      items[k] = fetch(at < last ? at : i);
    }
    UNROLL for (int k = N - 1; k >= 0; --k) {
      if (i + k * stride < last) take(i + k * stride, items[k]);
    }
  }
}

// ---- sums over the rows of a matrix [rows, columns * LANES] ----
/// A block's share: one chunk of rows of a tile, 128 bytes of neighbouring columns: a line of the
/// caches, and few channels, so that many blocks share the merge. The threads of a row take a column
/// each, and every BLOCK / width-th row.
struct Share {
  int width;        // threads of a row
  int tile;
  int64 chunk;
  int64 row, last;  // this thread's first row, and the chunk's end
  int64 column;     // of this thread; none if not below columns
  int64 channel;    // that column_sum gives this thread; none if not below columns * LANES
};

INLINE int tile_width(int columns) {
  int width = 1;
  while (width < columns && width < 128 / PACKET_BYTES) width *= 2;
  return width;
}
INLINE int tiles(int columns) {
  const int most = 128 / PACKET_BYTES;
  return (columns + most - 1) / most;
}

INLINE Share share(int i, int64 rows, int rows_per_chunk, int columns) {
  Share s;
  s.width = tile_width(columns);
  s.chunk = i / tiles(columns);
  s.tile = i % tiles(columns);
  const int64 first = s.chunk * rows_per_chunk;
  s.last = first + rows_per_chunk < rows ? first + rows_per_chunk : rows;
  const int thread = (int)threadIdx.x;
  s.row = first + thread / s.width;
  const int64 start = (int64)s.tile * s.width;
  s.column = start + thread % s.width;
  s.channel = thread < s.width * LANES ? start * LANES + thread : (int64)columns * LANES;
  if (s.column >= columns) s.row = s.last;
  return s;
}

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

// ---- the merge ----
/// Whether this block is the last of n that come here with this counter; it then sees what the others
/// wrote before. The counter is 0 before the first has come and after the last.
//
// `partial` sums are read by other blocks than wrote them, so they are no RESTRICT.
INLINE bool last_of(GLOBAL unsigned* counter, int n) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicInc(counter, n - 1) == unsigned(n - 1);
    __threadfence();
  }
  __syncthreads();
  return last;
}

/// The sum of values [n], by all threads of a block.
INLINE float sum_of(GLOBAL const float* values, int n) {
  float sum = 0.0f;
  UNROLL_BY(4) for (int k = threadIdx.x; k < n; k += BLOCK) sum += values[k];
  return block_sum(sum);
}

/// take(k, fetch(k)) for the chunks k of the share's column that this thread merges; loads as batched().
template <class Fetch, class Take>
INLINE void for_each_chunk(Share s, int chunks, int columns, Fetch fetch, Take take) {
  const int first = s.column < columns ? (int)threadIdx.x / s.width : chunks;
  batched<4>(first, chunks, BLOCK / s.width, fetch, take);
}

// ---- sums over the items of arrays ----
#if PARTS == 1
/// take(i, a[i], b[i]) for the items of a chunk that are this thread's.
template <class Take>
INLINE void for_each_pair(GLOBAL const storage* a, GLOBAL const storage* b, int chunk,
                          int items_per_chunk, int64 n, Take take) {
  struct Pair {
    packet a, b;
  };
  const int64 first = (int64)chunk * items_per_chunk;
  const int64 last = first + items_per_chunk < n ? first + items_per_chunk : n;
  batched<4>(
      first + threadIdx.x, last, BLOCK,
      [&](int64 i) { return Pair{fetch(a, i * LANES), fetch(b, i * LANES)}; },
      [&](int64 i, Pair p) { take(i, value(p.a, 0), value(p.b, 0)); });
}

/// partial[chunk] is assigned, the sum over the block's threads; and by the last block, out = factor * the
/// sum of partial [chunks].
INLINE void add_up(vfloat sum, int chunk, int chunks, float factor, GLOBAL float* partial,
                   GLOBAL float* out, GLOBAL unsigned* counter) {
  const float total = block_sum(lane_sum(sum));
  if (threadIdx.x == 0) partial[chunk] = total;
  if (!last_of(counter, chunks)) return;
  const float all = sum_of(partial, chunks);
  if (threadIdx.x == 0) *out = all * factor;
}
#endif
