// Average over space and mean over time; activations [M, area, C], channels innermost.
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
