// The parameter-free shortcut of residual networks; activations [M, H, W, C], channels innermost.
// LANES = 1.
#include "portable.h"

// y [M, OH, OW, columns] is assigned: every second pixel of x [M, H, W, channels], with zeros before
// and after its channels. rows = M OH OW, OH = ceil(H / 2), OW = ceil(W / 2).
KERNEL(subsample_forward, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT y, int height,
       int width, int out_height, int out_width, int channels, int before, int64 rows,
       int columns) {
  FOR_EACH_ROW(row, rows) {
    const int ow = (int)(row % out_width), oh = (int)(row / out_width % out_height);
    const int64 image = row / out_width / out_height;
    const int64 pixel = (image * height + 2 * oh) * width + 2 * ow;
    FOR_EACH_COLUMN(c, columns) {
      vfloat value = splat(0);
      if (c >= before && c < before + channels) value = load(x, pixel * channels + (c - before));
      store(y, row * columns + c, value);
    }
  }
}

// grad_x [M, H, W, columns] is assigned, or with add added to: what its pixel got, or 0 if it was
// skipped. grad_y is [M, OH, OW, channels]; rows = M H W.
KERNEL(subsample_backward, GLOBAL const storage* RESTRICT grad_y, GLOBAL storage* RESTRICT grad_x,
       int height, int width, int out_height, int out_width, int channels, int before, int64 rows,
       int columns, int add) {
  FOR_EACH_ROW(row, rows) {
    const int w = (int)(row % width), h = (int)(row / width % height);
    const int64 image = row / width / height;
    const int64 pixel = (image * out_height + h / 2) * out_width + w / 2;
    const int kept = h % 2 == 0 && w % 2 == 0;
    if (add && !kept) continue;
    FOR_EACH_COLUMN(c, columns) {
      vfloat value = splat(0);
      if (kept) value = load(grad_y, pixel * channels + before + c);
      if (add) value = value + load(grad_x, row * columns + c);
      store(grad_x, row * columns + c, value);
    }
  }
}
