// Max pooling; activations [M, H, W, C], channels innermost, of which columns = C / LANES vectors.
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
    // The part of the window that lies on the picture.
    const int top = oh * stride - pad, left = ow * stride - pad;
    const int h_first = top < 0 ? 0 : top, h_end = top + size < height ? top + size : height;
    const int w_first = left < 0 ? 0 : left, w_end = left + size < width ? left + size : width;
    FOR_EACH_COLUMN(c, columns) {
      vfloat best = load(x, (((image * height + h_first) * width + w_first) * columns + c) * LANES);
      vfloat place = splat((float)((h_first - top) * size + w_first - left));
      for (int h = h_first; h < h_end; ++h) {
        for (int w = w_first; w < w_end; ++w) {
          const vfloat value = load(x, (((image * height + h) * width + w) * columns + c) * LANES);
          const vfloat here = splat((float)((h - top) * size + w - left));
          place = where_more_or_nan(value, best, here, place);
          best = where_more_or_nan(value, best, value, best);
        }
      }
      store(y, (row * columns + c) * LANES, best);
      store_bytes(winner, (row * columns + c) * LANES, place);
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
          const int64 at = (((image * out_height + oh) * out_width + ow) * columns + c) * LANES;
          const int place = (h - (oh * stride - pad)) * size + (w - (ow * stride - pad));
          // The sum is never -0, so adding 0 leaves it as it is.
          sum = sum + where_equal(load_bytes(winner, at), (float)place, load(grad_y, at), splat(0));
        }
      }
      store(grad_x, (row * columns + c) * LANES, sum);
    }
  }
}
