// Convolution as a matrix product: the windows of an image laid out as the rows of a matrix.
//
//   col [rows, k, k, C] float32,   rows = images OH OW,   col w^T = y,   w [out, k, k, C]
//
// The matrix is k * k times the image, so it is made for a slice of the batch at a time. x, y and
// their gradients are of storage type and hold the whole batch: image and element say where the
// slice starts in them (a pointer could not be moved to it, for OpenCL aligns pointers coarsely).
#include "portable.h"

// col is assigned, zero where a window reaches outside. x [batch, H, W, C], rows of col are windows.
KERNEL(im2col, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT col, int64 image,
       int height, int width, int out_height, int out_width, int size, int stride, int pad,
       int dilation, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int left = (int)(row % out_width) * stride - pad;
    const int top = (int)(row / out_width % out_height) * stride - pad;
    const int64 from = image + row / out_width / out_height;
    FOR_EACH_COLUMN(c, columns) {
      int64 to = row * size * size * columns + c;
      for (int dy = 0; dy < size; ++dy) {
        for (int dx = 0; dx < size; ++dx) {
          const int h = top + dy * dilation, w = left + dx * dilation;
          const bool inside = h >= 0 && h < height && w >= 0 && w < width;
          vfloat value = splat(0);
          if (inside) value = load(x, (((from * height + h) * width + w) * columns + c) * LANES);
          store_float(col, to * LANES, value);
          to += columns;
        }
      }
    }
  }
}

// As im2col, with col [rows, k, k, C] in storage type.
KERNEL(windows, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT col, int64 image,
       int height, int width, int out_height, int out_width, int size, int stride, int pad,
       int dilation, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int left = (int)(row % out_width) * stride - pad;
    const int top = (int)(row / out_width % out_height) * stride - pad;
    const int64 from = image + row / out_width / out_height;
    for (int place = 0; place < size * size; ++place) {
      const int h = top + place / size * dilation, w = left + place % size * dilation;
      const bool inside = h >= 0 && h < height && w >= 0 && w < width;
      FOR_EACH_COLUMN(c, columns) {
        vfloat value = splat(0);
        if (inside) value = load(x, (((from * height + h) * width + w) * columns + c) * LANES);
        store(col, ((row * size * size + place) * columns + c) * LANES, value);
      }
    }
  }
}

// grad_x [batch, H, W, C] is assigned, for images of the slice: every pixel gathers from the windows
// it is in, so there are no atomics. Rows are pixels.
KERNEL(col2im, GLOBAL const float* RESTRICT col, GLOBAL storage* RESTRICT grad_x, int64 image,
       int height, int width, int out_height, int out_width, int size, int stride, int pad,
       int dilation, int64 rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int w = (int)(row % width), h = (int)(row / width % height);
    const int64 from = row / width / height;
    // The windows oh in which the pixel has a place a: oh stride - pad + a dilation = h. From one to
    // the next, oh grows by step and a falls by fall.
    int step = 1;
    while (step * stride % dilation != 0) ++step;
    const int fall = step * stride / dilation, reach = (size - 1) * dilation + 1;
    const int oh_last = (h + pad) / stride < out_height ? (h + pad) / stride : out_height - 1;
    const int ow_last = (w + pad) / stride < out_width ? (w + pad) / stride : out_width - 1;
    int oh_first = h + pad < reach ? 0 : (h + pad - reach) / stride + 1;
    int ow_first = w + pad < reach ? 0 : (w + pad - reach) / stride + 1;
    while (oh_first <= oh_last && (h + pad - oh_first * stride) % dilation != 0) ++oh_first;
    while (ow_first <= ow_last && (w + pad - ow_first * stride) % dilation != 0) ++ow_first;
    const int a_first = (h + pad - oh_first * stride) / dilation;
    const int b_first = (w + pad - ow_first * stride) / dilation;
    FOR_EACH_COLUMN(c, columns) {
      vfloat sum = splat(0);
      for (int oh = oh_first, a = a_first; oh <= oh_last; oh += step, a -= fall) {
        for (int ow = ow_first, b = b_first; ow <= ow_last; ow += step, b -= fall) {
          const int64 window = (from * out_height + oh) * out_width + ow;
          const int place = a * size + b;
          sum = sum + load_float(col, ((window * size * size + place) * columns + c) * LANES);
        }
      }
      store(grad_x, ((image * height * width + row) * columns + c) * LANES, sum);
    }
  }
}

// out [n] is assigned: x from element on, as float32. n counts items of LANES elements.
KERNEL(slice_to_float, GLOBAL const storage* RESTRICT x, GLOBAL float* RESTRICT out, int64 element,
       int64 n) {
  FOR_EACH(i, n) { store_float(out, i * LANES, load(x, element + i * LANES)); }
}

// out from element on is assigned: x [n]. n counts items of LANES elements.
KERNEL(slice_from_float, GLOBAL const float* RESTRICT x, GLOBAL storage* RESTRICT out,
       int64 element, int64 n) {
  FOR_EACH(i, n) { store(out, element + i * LANES, load_float(x, i * LANES)); }
}
