// Batch norm statistics, and the sums over rows that every backward pass needs.
//
//   mean = sum x / count,  var = sum (x - mean)^2 / count        over the rows of x [rows, C]
//   affine [4, C] = mean, 1/sqrt(var + eps), gamma/sqrt(var + eps), beta       read by neuron.cu
//   running = (1 - momentum) running + momentum (mean, var count/(count - 1))  as PyTorch does
//
// Where processes on several devices (ranks) take the statistics of all their rows together, each makes the
// moments [3, C] of its own: mean, sum of squared distances from it, count. The moments of all ranks, in their
// order, then make affine [5, C], with 1/count of all rows behind, on each of them the same.
//
// Two passes and no atomics: neighbouring items sum neighbouring channels over a chunk of rows into
// partial [chunks, sums, C]; a second, small pass merges the chunks in order.
//
// -D: MOMENTS: 1 to assign moments in the place of affine; nothing else is read or written then.
#include "portable.h"

#ifndef MOMENTS
#define MOMENTS 0
#endif

/// Column c of affine.
INLINE void set_affine(GLOBAL float* affine, int64 c, int channels, float mean, float var,
                       float gamma, float beta, float eps) {
  const float invstd = 1.0f / scalar_sqrt(var + eps);
  affine[c] = mean;
  affine[channels + c] = invstd;
  affine[2 * channels + c] = gamma * invstd;
  affine[3 * channels + c] = beta;
}

INLINE void update_running(GLOBAL float* running_mean, GLOBAL float* running_var, int64 c,
                           float mean, float var, float momentum, float count) {
  const float unbiased = var * (count / (count > 1.0f ? count - 1.0f : 1.0f));
  running_mean[c] = (1.0f - momentum) * running_mean[c] + momentum * mean;
  running_var[c] = (1.0f - momentum) * running_var[c] + momentum * unbiased;
}

/// What the merge of chunks makes of channel c. x may stand for several equal time steps: count = repeats * rows.
INLINE void set_statistics(GLOBAL const float* gamma, GLOBAL const float* beta,
                           GLOBAL float* running_mean, GLOBAL float* running_var,
                           GLOBAL float* affine, int64 c, int channels, float mean, float squares,
                           float eps, float momentum, int64 rows, int repeats) {
#if MOMENTS
  affine[c] = mean;
  affine[channels + c] = squares;
  affine[2 * channels + c] = (float)rows;
#else
  const float var = squares / (float)rows;
  set_affine(affine, c, channels, mean, var, gamma[c], beta[c], eps);
  update_running(running_mean, running_var, c, mean, var, momentum, (float)rows * repeats);
#endif
}

// kernels/cuda/batchnorm.cu brings its own reductions.
#ifndef BLOCK_REDUCTIONS

// partial [chunks, 2, C] is assigned: mean and sum of squared distances from it of every chunk. The
// sums are taken about the chunk's first row, so a mean far from zero costs no digits.
KERNEL(statistics, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT partial, int64 rows,
       int rows_per_chunk, int chunks, int columns) {
  FOR_EACH_ROW(chunk, chunks) {
    const int64 first = chunk * rows_per_chunk;
    const int64 last = first + rows_per_chunk < rows ? first + rows_per_chunk : rows;
    for (int64 block = first; block < last; block += ROW_BLOCK(1)) {
      const int64 end = last - block > ROW_BLOCK(1) ? block + ROW_BLOCK(1) : last;
      FOR_EACH_COLUMN(c, columns) {
        const int64 to = (chunk * 2 * columns + c) * LANES;
        const vfloat origin = load(x, (first * columns + c) * LANES);
        vfloat sum = splat(0), squares = splat(0);
        if (block > first) {
          sum = load_float(partial, to);
          squares = load_float(partial, to + columns * LANES);
        }
        for (int64 row = block; row < end; ++row) {
          const vfloat d = load(x, (row * columns + c) * LANES) - origin;
          sum = sum + d;
          squares = multiply_add(d, d, squares);
        }
        if (end == last) {
          const vfloat mean = sum * (1.0f / (last - first));
          squares = squares - sum * mean;
          sum = origin + mean;
        }
        store_float(partial, to, sum);
        store_float(partial, to + columns * LANES, squares);
      }
    }
  }
}

// affine and the running statistics are assigned. Chan's merge: the squared distances of the chunks
// add up, and so do those of the chunks' means from the mean of all.
KERNEL(statistics_merge, GLOBAL const float* RESTRICT partial, GLOBAL const float* RESTRICT gamma,
       GLOBAL const float* RESTRICT beta, GLOBAL float* RESTRICT running_mean,
       GLOBAL float* RESTRICT running_var, GLOBAL float* RESTRICT affine, float eps,
       float momentum, int64 rows, int repeats, int rows_per_chunk, int chunks, int channels) {
  FOR_EACH(c, channels) {
    float total = 0.0f;
    for (int k = 0; k < chunks; ++k) {
      const int64 left = rows - (int64)k * rows_per_chunk;
      const float n = (float)(left < rows_per_chunk ? left : rows_per_chunk);
      total += n * (partial[(int64)k * 2 * channels + c] - partial[c]);
    }
    const float mean = partial[c] + total / (float)rows;
    float squares = 0.0f;
    for (int k = 0; k < chunks; ++k) {
      const int64 left = rows - (int64)k * rows_per_chunk;
      const float n = (float)(left < rows_per_chunk ? left : rows_per_chunk);
      const float d = partial[(int64)k * 2 * channels + c] - mean;
      squares += partial[((int64)k * 2 + 1) * channels + c] + n * d * d;
    }
    set_statistics(gamma, beta, running_mean, running_var, affine, c, channels, mean, squares, eps,
                   momentum, rows, repeats);
  }
}

// partial [chunks, C] is assigned: column sums of x [rows, C] over every chunk of rows.
KERNEL(sum_rows, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT partial, int64 rows,
       int rows_per_chunk, int chunks, int columns) {
  FOR_EACH_ROW(chunk, chunks) {
    const int64 first = chunk * rows_per_chunk;
    const int64 last = first + rows_per_chunk < rows ? first + rows_per_chunk : rows;
    for (int64 block = first; block < last; block += ROW_BLOCK(1)) {
      const int64 end = last - block > ROW_BLOCK(1) ? block + ROW_BLOCK(1) : last;
      FOR_EACH_COLUMN(c, columns) {
        const int64 to = (chunk * columns + c) * LANES;
        vfloat sum = splat(0);
        if (block > first) sum = load_float(partial, to);
        for (int64 row = block; row < end; ++row) {
          sum = sum + load(x, (row * columns + c) * LANES);
        }
        store_float(partial, to, sum);
      }
    }
  }
}

// out [n] is assigned: sums over the chunks of columns offset to offset + n of partial [chunks, width].
KERNEL(sum_chunks, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT out, int chunks,
       int64 width, int64 offset, int64 n) {
  FOR_EACH(i, n) {
    float sum = 0.0f;
    for (int k = 0; k < chunks; ++k) sum += partial[k * width + offset + i];
    out[i] = sum;
  }
}
#endif

// affine [5, C] and the running statistics are assigned, from moments [ranks, 3, C]: Chan's merge, as above.
KERNEL(statistics_of_ranks, GLOBAL const float* RESTRICT moments, GLOBAL const float* RESTRICT gamma,
       GLOBAL const float* RESTRICT beta, GLOBAL float* RESTRICT running_mean,
       GLOBAL float* RESTRICT running_var, GLOBAL float* RESTRICT affine, float eps,
       float momentum, int repeats, int ranks, int channels) {
  FOR_EACH(c, channels) {
    float count = 0.0f, total = 0.0f;
    for (int k = 0; k < ranks; ++k) {
      const float n = moments[((int64)k * 3 + 2) * channels + c];
      count += n;
      total += n * (moments[(int64)k * 3 * channels + c] - moments[c]);
    }
    const float mean = moments[c] + total / count;
    float squares = 0.0f;
    for (int k = 0; k < ranks; ++k) {
      const float d = moments[(int64)k * 3 * channels + c] - mean;
      squares += moments[((int64)k * 3 + 1) * channels + c] +
                 moments[((int64)k * 3 + 2) * channels + c] * d * d;
    }
    const float var = squares / count;
    set_affine(affine, c, channels, mean, var, gamma[c], beta[c], eps);
    affine[4 * channels + c] = 1.0f / count;
    update_running(running_mean, running_var, c, mean, var, momentum, count * repeats);
  }
}

// affine is assigned, from the running statistics: batch norm at inference.
KERNEL(affine_from_running, GLOBAL const float* RESTRICT gamma, GLOBAL const float* RESTRICT beta,
       GLOBAL const float* RESTRICT running_mean, GLOBAL const float* RESTRICT running_var,
       GLOBAL float* RESTRICT affine, float eps, int channels) {
  FOR_EACH(c, channels) {
    set_affine(affine, c, channels, running_mean[c], running_var[c], gamma[c], beta[c], eps);
  }
}
