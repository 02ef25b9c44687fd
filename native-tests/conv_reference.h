// A convolution as plain loops, for the tests of kernels that compute one.
#pragma once
#include <string>

#include "numbers.h"

struct Conv {
  int batch, height, width, in, out, size, stride, pad, dilation;

  int reach() const { return dilation * (size - 1) + 1; }
  int out_height() const { return (height + 2 * pad - reach()) / stride + 1; }
  int out_width() const { return (width + 2 * pad - reach()) / stride + 1; }
  size_t x_size() const { return size_t(batch) * height * width * in; }
  size_t y_size() const { return size_t(batch) * out_height() * out_width() * out; }
  int64 weights() const { return int64(out) * size * size * in; }

  std::string text() const {
    return std::to_string(height) + " x " + std::to_string(width) + ", window " + std::to_string(size) + ", stride " +
           std::to_string(stride) + ", pad " + std::to_string(pad) + ", dilation " + std::to_string(dilation);
  }

  /// Calls use(element of x, of w, of y) for every product.
  template <class Use>
  void for_each_product(Use use) const {
    for (int n = 0; n < batch; ++n) {
      for (int oh = 0; oh < out_height(); ++oh) {
        for (int ow = 0; ow < out_width(); ++ow) {
          for (int place = 0; place < size * size; ++place) {
            const int h = oh * stride - pad + place / size * dilation;
            const int v = ow * stride - pad + place % size * dilation;
            if (h < 0 || v < 0 || h >= height || v >= width) continue;
            for (int o = 0; o < out; ++o) {
              for (int c = 0; c < in; ++c) {
                use(((size_t(n) * height + h) * width + v) * in + c, (size_t(o) * size * size + place) * in + c,
                    ((size_t(n) * out_height() + oh) * out_width() + ow) * out + o);
              }
            }
          }
        }
      }
    }
  }
};
