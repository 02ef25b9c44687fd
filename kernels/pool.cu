// Averages over space and mean over time; activations [M, area, C] = [M, H, W, C], channels innermost, of which
// columns = C / LANES vectors.
#include "portable.h"

// out [M, C] float32 is assigned: the mean of x [M, area, C] over the area.
KERNEL(average_pool_forward, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT out, int area,
       int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      vfloat sum = splat(0);
      for (int p = 0; p < area; ++p) {
        sum = sum + load(x, ((row * area + p) * columns + c) * LANES);
      }
      store_float(out, (row * columns + c) * LANES, sum * (1.0f / area));
    }
  }
}

// grad_x [M, area, C] is assigned, or with add added to: grad_out [M, C] / area everywhere.
// rows = M * area.
KERNEL(average_pool_backward, GLOBAL const float* RESTRICT grad_out, GLOBAL storage* RESTRICT grad_x,
       int area, int add, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    FOR_EACH_COLUMN(c, columns) {
      const int64 i = (row * columns + c) * LANES;
      vfloat g = load_float(grad_out, (row / area * columns + c) * LANES) * (1.0f / area);
      if (add) g = g + load(grad_x, i);
      store(grad_x, i, g);
    }
  }
}

// y [M, OH, OW, C] is assigned: the mean of each size x size window of x [M, H, W, C]; windows lie side by
// side, OH = floor(H / size), and what fills no window at the right and below counts nowhere. rows = M OH OW.
KERNEL(window_average_forward, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT y, int height,
       int width, int out_height, int out_width, int size, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int ow = (int)(row % out_width), oh = (int)(row / out_width % out_height);
    const int64 image = row / out_width / out_height;
    FOR_EACH_COLUMN(c, columns) {
      vfloat sum = splat(0);
      for (int h = oh * size; h < (oh + 1) * size; ++h) {
        for (int w = ow * size; w < (ow + 1) * size; ++w) {
          sum = sum + load(x, (((image * height + h) * width + w) * columns + c) * LANES);
        }
      }
      store(y, (row * columns + c) * LANES, sum * (1.0f / (size * size)));
    }
  }
}

// grad_x [M, H, W, C] is assigned: grad_y [M, OH, OW, C] / size^2 of its window, 0 outside of all. rows = M H W.
KERNEL(window_average_backward, GLOBAL const storage* RESTRICT grad_y, GLOBAL storage* RESTRICT grad_x,
       int height, int width, int out_height, int out_width, int size, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int ow = (int)(row % width) / size, oh = (int)(row / width % height) / size;
    const int64 image = row / width / height;
    const int inside = oh < out_height && ow < out_width;
    FOR_EACH_COLUMN(c, columns) {
      vfloat g = splat(0);
      if (inside) {
        g = load(grad_y, (((image * out_height + oh) * out_width + ow) * columns + c) * LANES) *
            (1.0f / (size * size));
      }
      store(grad_x, (row * columns + c) * LANES, g);
    }
  }
}

// out [n] is assigned: the mean over time of x [steps, n].
KERNEL(time_mean_forward, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT out, int steps,
       int64 n) {
  FOR_EACH(i, n) {
    vfloat sum = splat(0);
    for (int t = 0; t < steps; ++t) sum = sum + load(x, (t * n + i) * LANES);
    store(out, i * LANES, sum * (1.0f / steps));
  }
}

// grad_x [steps, n] is assigned, or with add added to: grad_out [n] / steps at every step.
KERNEL(time_mean_backward, GLOBAL const storage* RESTRICT grad_out, GLOBAL storage* RESTRICT grad_x,
       int steps, int add, int64 n) {
  FOR_EACH(i, n) {
    const vfloat g = load(grad_out, i * LANES) * (1.0f / steps);
    for (int t = 0; t < steps; ++t) {
      const int64 at = (t * n + i) * LANES;
      vfloat sum = g;
      if (add) sum = sum + load(grad_x, at);
      store(grad_x, at, sum);
    }
  }
}
