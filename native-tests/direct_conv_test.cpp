// direct_conv.cu: convolution without a buffer of windows, against plain loops.
#include "conv_reference.h"

#include "../kernels/direct_conv.cu"

namespace {
// Channels that ROW and TILE divide.
const int C = ROW * TILE;
const Conv shapes[] = {{1, 5, 4, C, 2 * C, 3, 1, 1, 1}, {3, 7, 6, 2 * C, C, 3, 2, 1, 1}, {2, 6, 5, C, C, 1, 1, 0, 1},
                        {2, 7, 7, C, C, 1, 2, 0, 1},     {2, 9, 8, C, C, 5, 1, 2, 1},     {2, 9, 7, C, C, 3, 1, 2, 2},
                        {1, 10, 9, C, C, 3, 3, 4, 4},    {3, 1, 1, C, C, 3, 2, 1, 1},     {2, 4, 2, C, C, 5, 3, 2, 1}};

/// One pass of convolve over all of its pixels, as both orders of items have it.
Buffer<storage> convolved(const Conv& s, const Doubles& from, const Doubles& w, bool forward, bool across) {
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
  for (const Conv& s : shapes) {
    INFO(s.text());
    const Doubles x = random.normals(s.x_size()), w = random.normals(s.weights()), g = random.normals(s.y_size());
    Doubles y(s.y_size(), 0.0), gradient(s.x_size(), 0.0);
    s.for_each_product([&](size_t a, size_t b, size_t c) {
      y[c] += x[a] * w[b];
      gradient[a] += g[c] * w[b];
    });
    for (bool across : {false, true}) {
      check_storage("y", convolved(s, x, w, true, across), y, 2e-6);
      check_storage("grad_x", convolved(s, g, w, false, across), gradient, 2e-6);
    }
  }
}

TEST_CASE("gradient by the weights") {
  Random random(2);
  for (const Conv& s : shapes) {
    INFO(s.text());
    const Doubles x = random.normals(s.x_size()), g = random.normals(s.y_size());
    Doubles expected(s.weights(), 0.0);
    s.for_each_product([&](size_t a, size_t b, size_t c) { expected[b] += x[a] * g[c]; });
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
