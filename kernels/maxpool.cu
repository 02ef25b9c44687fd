// Max pooling; activations [M, H, W, C], channels innermost. LANES = 1.
#include "portable.h"

// y [M, OH, OW, C] and winner [M, OH, OW, C] are assigned: the largest of the size x size window
// with its corner at (oh stride - pad, ow stride - pad), and its place in the window, row by row;
// the first of equals, as PyTorch chooses. A NaN wins.
KERNEL(max_pool_forward, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT y,
       GLOBAL uchar* RESTRICT winner, int height, int width, int out_height, int out_width,
       int size, int stride, int pad, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int ow = (int)(row % out_width), oh = (int)(row / out_width % out_height);
    const int64 image = row / out_width / out_height;
    FOR_EACH_COLUMN(c, columns) {
      float best = 0.0f;
      int64 best_at = 0;
      int place = -1;
      for (int dy = 0; dy < size; ++dy) {
        for (int dx = 0; dx < size; ++dx) {
          const int h = oh * stride - pad + dy, w = ow * stride - pad + dx;
          if (h < 0 || h >= height || w < 0 || w >= width) continue;
          const int64 at = ((image * height + h) * width + w) * columns + c;
          const float value = lane_sum(load(x, at));
          if (place < 0 || value > best || value != value) {
            best = value;
            best_at = at;
            place = dy * size + dx;
          }
        }
      }
      store(y, row * columns + c, load(x, best_at));
      winner[row * columns + c] = (uchar)place;
    }
  }
}

// grad_x [M, H, W, C] is assigned: every element gathers from the windows it won.
KERNEL(max_pool_backward, GLOBAL const storage* RESTRICT grad_y,
       GLOBAL const uchar* RESTRICT winner, GLOBAL storage* RESTRICT grad_x, int height, int width,
       int out_height, int out_width, int size, int stride, int pad, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int w = (int)(row % width), h = (int)(row / width % height);
    const int64 image = row / width / height;
    // Windows oh with oh stride - pad <= h < oh stride - pad + size.
    const int oh_last = (h + pad) / stride < out_height ? (h + pad) / stride : out_height - 1;
    const int oh_first = h + pad < size ? 0 : (h + pad - size) / stride + 1;
    const int ow_last = (w + pad) / stride < out_width ? (w + pad) / stride : out_width - 1;
    const int ow_first = w + pad < size ? 0 : (w + pad - size) / stride + 1;
    FOR_EACH_COLUMN(c, columns) {
      vfloat sum = splat(0);
      for (int oh = oh_first; oh <= oh_last; ++oh) {
        for (int ow = ow_first; ow <= ow_last; ++ow) {
          const int64 at = ((image * out_height + oh) * out_width + ow) * columns + c;
          const int place = (h - (oh * stride - pad)) * size + (w - (ow * stride - pad));
          if (winner[at] == place) sum = sum + load(grad_y, at);
        }
      }
      store(grad_x, row * columns + c, sum);
    }
  }
}
