// batchnorm.cu with its reductions written anew: the rows of a chunk are summed by a block, and the last
// block of a tile of channels merges the chunks, so that a few chunks a multiprocessor keep it reading.
//
//   mean = sum x / count,  var = sum (x - mean)^2 / count        over the rows of x [rows, C]
#include "group.h"

#include "../batchnorm.cu"

// partial [chunks, 2, C] is assigned: mean and sum of squared distances from it of every chunk. The
// sums are taken about the chunk's first row, so a mean far from zero costs no digits. affine and the
// running statistics are assigned by Chan's merge, about the first chunk's mean.
#undef BLOCKS
#define BLOCKS 2
KERNEL(statistics, GLOBAL const storage* RESTRICT x, GLOBAL float* partial,
       GLOBAL const float* RESTRICT gamma, GLOBAL const float* RESTRICT beta,
       GLOBAL float* RESTRICT running_mean, GLOBAL float* RESTRICT running_var,
       GLOBAL float* RESTRICT affine, float eps, float momentum, int repeats,
       GLOBAL unsigned* counters, int64 rows, int rows_per_chunk, int chunks, int columns) {
  const int channels = columns * LANES;
  FOR_EACH_BLOCK(i, chunks * tiles(columns)) {
    const Share s = share(i, rows, rows_per_chunk, columns);
    const int64 first = s.chunk * rows_per_chunk;
    vfloat origin = splat(0), sum = splat(0), squares = splat(0);
    if (s.column < columns) origin = load(x, (first * columns + s.column) * LANES);
    batched<8>(
        s.row, s.last, BLOCK / s.width,
        [&](int64 row) { return fetch(x, (row * columns + s.column) * LANES); },
        [&](int64, packet p) {
          const vfloat d = value(p, 0) - origin;
          sum = sum + d;
          squares = multiply_add(d, d, squares);
        });
    const float total = column_sum(&sum, s), total_squares = column_sum(&squares, s);
    if (s.channel < channels) {
      const float mean = total / (float)(s.last - first);
      const int64 to = s.chunk * 2 * channels + s.channel;
      partial[to] = from_storage(x[first * channels + s.channel]) + mean;
      partial[to + channels] = total_squares - total * mean;
    }
    if (!last_of(counters + s.tile, chunks)) continue;

    sum = squares = splat(0);
    const int64 column = s.column * LANES;
    struct Moments {
      vfloat mean, squares;
    };
    const auto moments = [&](int64 k) {
      const int64 at = k * 2 * channels + column;
      return Moments{load_float(partial, at), load_float(partial, at + channels)};
    };
    if (s.column < columns) origin = moments(0).mean;
    for_each_chunk(s, chunks, columns, moments, [&](int64 k, Moments m) {
      const int64 left = rows - k * rows_per_chunk;
      const float n = (float)(left < rows_per_chunk ? left : rows_per_chunk);
      const vfloat d = m.mean - origin;
      sum = multiply_add(d, splat(n), sum);
      squares = squares + multiply_add(d * n, d, m.squares);
    });
    const float all = column_sum(&sum, s), all_squares = column_sum(&squares, s);
    if (s.channel < channels) {
      const int c = (int)s.channel;
      const float from_origin = all / (float)rows;
      set_statistics(gamma, beta, running_mean, running_var, affine, c, channels,
                     partial[c] + from_origin, all_squares - all * from_origin, eps, momentum, rows,
                     repeats);
    }
  }
}

// partial [chunks, C] is assigned: column sums of x [rows, C] over every chunk of rows; and out [C],
// their sums.
KERNEL(sum_rows, GLOBAL const storage* RESTRICT x, GLOBAL float* partial, GLOBAL float* RESTRICT out,
       GLOBAL unsigned* counters, int64 rows, int rows_per_chunk, int chunks, int columns) {
  const int channels = columns * LANES;
  FOR_EACH_BLOCK(i, chunks * tiles(columns)) {
    const Share s = share(i, rows, rows_per_chunk, columns);
    vfloat sum = splat(0);
    batched<8>(
        s.row, s.last, BLOCK / s.width,
        [&](int64 row) { return fetch(x, (row * columns + s.column) * LANES); },
        [&](int64, packet p) { sum = sum + value(p, 0); });
    const float total = column_sum(&sum, s);
    if (s.channel < channels) partial[s.chunk * channels + s.channel] = total;
    if (!last_of(counters + s.tile, chunks)) continue;

    sum = splat(0);
    for_each_chunk(
        s, chunks, columns, [&](int64 k) { return load_float(partial, k * channels + s.column * LANES); },
        [&](int64, vfloat a) { sum = sum + a; });
    const float all = column_sum(&sum, s);
    if (s.channel < channels) out[s.channel] = all;
  }
}
