// direct_conv.cu: convolution without a buffer of windows, against plain loops.
#include "numbers.h"

#include "../kernels/direct_conv.cu"

namespace {
struct Shape {
  int batch, height, width, in, out, size, stride, pad, dilation;
  int reach() const { return dilation * (size - 1) + 1; }
  int out_height() const { return (height + 2 * pad - reach()) / stride + 1; }
  int out_width() const { return (width + 2 * pad - reach()) / stride + 1; }
  size_t x_size() const { return size_t(batch) * height * width * in; }
  size_t y_size() const { return size_t(batch) * out_height() * out_width() * out; }
  int64 weights() const { return int64(out) * size * size * in; }
};

// Channels that ROW and TILE divide.
const int C = ROW * TILE;
const Shape shapes[] = {{1, 5, 4, C, 2 * C, 3, 1, 1, 1}, {3, 7, 6, 2 * C, C, 3, 2, 1, 1}, {2, 6, 5, C, C, 1, 1, 0, 1},
                        {2, 7, 7, C, C, 1, 2, 0, 1},     {2, 9, 8, C, C, 5, 1, 2, 1},     {2, 9, 7, C, C, 3, 1, 2, 2},
                        {1, 10, 9, C, C, 3, 3, 4, 4},    {3, 1, 1, C, C, 3, 2, 1, 1},     {2, 4, 2, C, C, 5, 3, 2, 1}};

/// Adds to one of the three, y or x's or w's gradient, what the other two make.
void loops(const Shape& s, Doubles& x, Doubles& w, Doubles& y, const Doubles* result) {
  for (int n = 0; n < s.batch; ++n) {
    for (int oh = 0; oh < s.out_height(); ++oh) {
      for (int ow = 0; ow < s.out_width(); ++ow) {
        for (int place = 0; place < s.size * s.size; ++place) {
          const int h = oh * s.stride - s.pad + place / s.size * s.dilation;
          const int v = ow * s.stride - s.pad + place % s.size * s.dilation;
          if (h < 0 || v < 0 || h >= s.height || v >= s.width) continue;
          for (int o = 0; o < s.out; ++o) {
            for (int c = 0; c < s.in; ++c) {
              double& a = x[((size_t(n) * s.height + h) * s.width + v) * s.in + c];
              double& b = w[(size_t(o) * s.size * s.size + place) * s.in + c];
              double& d = y[((size_t(n) * s.out_height() + oh) * s.out_width() + ow) * s.out + o];
              if (result == &x) a += b * d;
              if (result == &w) b += a * d;
              if (result == &y) d += a * b;
            }
          }
        }
      }
    }
  }
}

std::string text(const Shape& s) {
  return std::to_string(s.height) + " x " + std::to_string(s.width) + ", window " + std::to_string(s.size) +
         ", stride " + std::to_string(s.stride) + ", pad " + std::to_string(s.pad) + ", dilation " +
         std::to_string(s.dilation);
}

/// One pass of convolve over all of its pixels, as both orders of items have it.
Buffer<storage> convolved(const Shape& s, const Doubles& from, const Doubles& w, bool forward, bool across) {
  const Buffer<storage> x = to_storage_buffer(from);
  Buffer<storage> y(forward ? s.y_size() : s.x_size());
  const Buffer<float> weights = to_float_buffer(w), packed(s.weights());
  const int depth = forward ? s.in : s.out, columns = forward ? s.out : s.in, blocks = columns / ROW;
  const Buffer<storage> zeros = to_storage_buffer(Doubles(depth, 0.0));
  const int64 n = s.weights() / ROW;
  KERNEL_OF(pack)(items(n), weights.data(), packed.data(), s.size * s.size, depth, columns, int(forward), n);
  const int height = forward ? s.out_height() : s.height, width = forward ? s.out_width() : s.width;
  const int down = forward ? 1 : s.stride;
  for (int first_h = 0; first_h < std::min(down, height); ++first_h) {
    for (int first_w = 0; first_w < std::min(down, width); ++first_w) {
      const int lines = (height - first_h + down - 1) / down, line = (width - first_w + down - 1) / down;
      const int64 pixels = int64(s.batch) * lines * line, tiles = (pixels + TILE - 1) / TILE;
      const int row = across ? blocks : 2;
      const int64 rows = across ? tiles : blocks * ((tiles + row - 1) / row);
      KERNEL_OF(convolve)
      (matrix(rows, row), x.data(), packed.data(), zeros.data(), y.data(), forward ? s.height : s.out_height(),
       forward ? s.width : s.out_width(), depth, height, width, columns, s.size, forward ? s.stride : 1,
       forward ? -s.pad : s.pad, forward ? s.dilation : -s.dilation, down, first_h, first_w, lines, line, pixels, blocks,
       int(across), rows, row);
    }
  }
  return y;
}
}  // namespace

TEST_CASE("forward, and the gradient by x") {
  Random random(1);
  for (const Shape& s : shapes) {
    INFO(text(s));
    Doubles x = random.normals(s.x_size()), w = random.normals(s.weights()), y(s.y_size(), 0.0);
    loops(s, x, w, y, &y);
    for (bool across : {false, true}) check_storage("y", convolved(s, x, w, true, across), y, 2e-6);
    const Doubles g = random.normals(s.y_size());
    Doubles gradient(s.x_size(), 0.0), of = g;
    loops(s, gradient, w, of, &gradient);
    for (bool across : {false, true}) check_storage("grad_x", convolved(s, g, w, false, across), gradient, 2e-6);
  }
}

TEST_CASE("gradient by the weights") {
  Random random(2);
  for (const Shape& s : shapes) {
    INFO(text(s));
    Doubles x = random.normals(s.x_size()), g = random.normals(s.y_size()), expected(s.weights(), 0.0);
    loops(s, x, expected, g, &expected);
    const Buffer<storage> input = to_storage_buffer(x), grad_y = to_storage_buffer(g);
    for (int chunks : {1, std::min(3, s.batch * s.out_height())}) {
      const Buffer<float> sums(chunks * s.weights()), grad_w(s.weights());
      const int64 tiles = s.weights() / ROW / TILE;
      const int row = static_cast<int>((tiles + 2) / 3);
      const int64 rows = chunks * ((tiles + row - 1) / row);
      KERNEL_OF(weights_gradient)
      (matrix(rows, row), input.data(), grad_y.data(), sums.data(), s.height, s.width, s.in, s.out_height(),
       s.out_width(), s.out, s.size, s.stride, s.pad, s.dilation, 2, int64(s.batch) * s.out_height(), chunks, tiles,
       rows, row);
      const int64 n = s.weights() / LANES;
      KERNEL_OF(merge)(items(n), sums.data(), grad_w.data(), chunks, n);
      check_float("grad_w", grad_w, expected, 2e-6);
    }
  }
}
