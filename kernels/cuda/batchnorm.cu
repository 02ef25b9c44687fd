// batchnorm.cu with its reductions written anew: the rows of a chunk are summed by a block, and the
// chunks of a channel merged by a warp, so that a few chunks a multiprocessor keep it reading.
//
//   mean = sum x / count,  var = sum (x - mean)^2 / count        over the rows of x [rows, C]
#include "group.h"

#include "../batchnorm.cu"

// partial [chunks, 2, C] is assigned: mean and sum of squared distances from it of every chunk. The
// sums are taken about the chunk's first row, so a mean far from zero costs no digits.
KERNEL(statistics, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT partial, int64 rows,
       int rows_per_chunk, int chunks, int columns) {
  const int64 channels = (int64)columns * LANES;
  FOR_EACH_BLOCK(i, (int64)chunks * tiles(columns)) {
    const Share s = share(i, rows, rows_per_chunk, columns);
    const int64 first = s.chunk * rows_per_chunk;
    vfloat origin = splat(0), sum = splat(0), squares = splat(0);
    if (s.column < columns) origin = load(x, (first * columns + s.column) * LANES);
    UNROLL_BY(4) FOR_EACH_ROW_OF(s, row) {
      const vfloat d = load(x, (row * columns + s.column) * LANES) - origin;
      sum = sum + d;
      squares = multiply_add(d, d, squares);
    }
    const float total = column_sum(&sum, s), total_squares = column_sum(&squares, s);
    if (s.channel < channels) {
      const float mean = total / (float)(s.last - first);
      const int64 to = s.chunk * 2 * channels + s.channel;
      partial[to] = from_storage(x[first * channels + s.channel]) + mean;
      partial[to + channels] = total_squares - total * mean;
    }
  }
}

// affine and the running statistics are assigned, by Chan's merge.
KERNEL(statistics_merge, GLOBAL const float* RESTRICT partial, GLOBAL const float* RESTRICT gamma,
       GLOBAL const float* RESTRICT beta, GLOBAL float* RESTRICT running_mean,
       GLOBAL float* RESTRICT running_var, GLOBAL float* RESTRICT affine, float eps,
       float momentum, int64 rows, int repeats, int rows_per_chunk, int chunks, int channels) {
  FOR_EACH_WARP(c, channels) {
    float total = 0.0f;
    for (int k = WARP_THREAD; k < chunks; k += WARP) {
      const int64 left = rows - (int64)k * rows_per_chunk;
      const float n = (float)(left < rows_per_chunk ? left : rows_per_chunk);
      total += n * (partial[(int64)k * 2 * channels + c] - partial[c]);
    }
    const float mean = partial[c] + warp_sum(total) / (float)rows;
    float squares = 0.0f;
    for (int k = WARP_THREAD; k < chunks; k += WARP) {
      const int64 left = rows - (int64)k * rows_per_chunk;
      const float n = (float)(left < rows_per_chunk ? left : rows_per_chunk);
      const float d = partial[(int64)k * 2 * channels + c] - mean;
      squares += partial[((int64)k * 2 + 1) * channels + c] + n * d * d;
    }
    const float var = warp_sum(squares) / (float)rows;
    if (WARP_THREAD == 0) {
      set_affine(affine, c, channels, mean, var, gamma[c], beta[c], eps);
      update_running(running_mean, running_var, c, mean, var, momentum, (float)rows * repeats);
    }
  }
}

// partial [chunks, C] is assigned: column sums of x [rows, C] over every chunk of rows.
KERNEL(sum_rows, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT partial, int64 rows,
       int rows_per_chunk, int chunks, int columns) {
  const int64 channels = (int64)columns * LANES;
  FOR_EACH_BLOCK(i, (int64)chunks * tiles(columns)) {
    const Share s = share(i, rows, rows_per_chunk, columns);
    vfloat sum = splat(0);
    UNROLL_BY(4) FOR_EACH_ROW_OF(s, row) {
      sum = sum + load(x, (row * columns + s.column) * LANES);
    }
    const float total = column_sum(&sum, s);
    if (s.channel < channels) partial[s.chunk * channels + s.channel] = total;
  }
}

// out [n] is assigned: sums over the chunks of columns offset to offset + n of partial [chunks, width].
KERNEL(sum_chunks, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT out, int chunks,
       int64 width, int64 offset, int64 n) {
  FOR_EACH_WARP(i, n) {
    float sum = 0.0f;
    for (int k = WARP_THREAD; k < chunks; k += WARP) sum += partial[k * width + offset + i];
    sum = warp_sum(sum);
    if (WARP_THREAD == 0) out[i] = sum;
  }
}
