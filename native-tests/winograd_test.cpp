// host/winograd.cu: convolution of 3x3 windows with fewer products, and the gradient by x, against plain loops.
#include "numbers.h"

#include "../kernels/host/winograd.cu"

namespace {
struct Shape {
  int batch, height, width, in, out, pad, chunks;
  int out_height() const { return height + 2 * pad - 2; }
  int out_width() const { return width + 2 * pad - 2; }
};

// Whole and halved pieces at the edges, more chunks than pieces, more pieces than are taken together.
const Shape shapes[] = {{1, 4, 4, LANES, LANES, 1, 1},     {3, 5, 7, 2 * LANES, LANES, 1, 2}, {2, 6, 5, LANES, 2 * LANES, 0, 2},
                        {2, 4, 5, LANES, LANES, 2, 3},     {1, 1, 1, LANES, LANES, 1, 2},     {1, 2, 3, LANES, LANES, 1, 9},
                        {1, 13, 12, 3 * LANES, LANES, 1, 1}};

/// Passes over every product; use(x's element, w's, y's).
template <class Use>
void for_each_product(const Shape& s, Use use) {
  for (int n = 0; n < s.batch; ++n) {
    for (int oh = 0; oh < s.out_height(); ++oh) {
      for (int ow = 0; ow < s.out_width(); ++ow) {
        for (int place = 0; place < 9; ++place) {
          const int h = oh - s.pad + place / 3, v = ow - s.pad + place % 3;
          if (h < 0 || v < 0 || h >= s.height || v >= s.width) continue;
          for (int o = 0; o < s.out; ++o) {
            for (int c = 0; c < s.in; ++c) {
              use(((size_t(n) * s.height + h) * s.width + v) * s.in + c, (size_t(o) * 9 + place) * s.in + c,
                  ((size_t(n) * s.out_height() + oh) * s.out_width() + ow) * s.out + o);
            }
          }
        }
      }
    }
  }
}

void check(const Shape& s, Random& random, bool forward) {
  const size_t x_size = size_t(s.batch) * s.height * s.width * s.in;
  const size_t y_size = size_t(s.batch) * s.out_height() * s.out_width() * s.out;
  const Doubles from = random.normals(forward ? x_size : y_size);
  Doubles w = random.normals(size_t(9) * s.in * s.out);
  // Not numbers of storage: what is multiplied is rounded.
  for (double& v : w) v = static_cast<float>(1.01 * v);
  const int depth = forward ? s.in : s.out, columns = forward ? s.out : s.in;
  const Buffer<float> weights = to_float_buffer(w), turned(size_t(16) * depth * columns);
  const int64 n = int64(columns) / LANES * depth;
  KERNEL_OF(turn_weights)(items(n), weights.data(), turned.data(), depth, columns, int(forward), n);
  const Buffer<storage> input = to_storage_buffer(from), result(forward ? y_size : x_size);
  const Buffer<float> pieces(size_t(s.chunks) * 16 * PIECES * (depth + LANES));
  KERNEL_OF(winograd)
  (items(s.chunks), input.data(), turned.data(), result.data(), pieces.data(), s.batch,
   forward ? s.height : s.out_height(), forward ? s.width : s.out_width(), depth,
   forward ? s.out_height() : s.height, forward ? s.out_width() : s.width, columns, forward ? s.pad : 2 - s.pad,
   s.chunks);
  Doubles expected(result.size(), 0.0);
  for_each_product(s, [&](size_t x, size_t k, size_t y) {
    expected[forward ? y : x] += from[forward ? x : y] * rounded(w[k]);
  });
  check_storage(forward ? "y" : "grad_x", result, expected, 3e-6);
}
}  // namespace

TEST_CASE("forward, and the gradient by x") {
  Random random(1);
  for (const Shape& s : shapes) {
    INFO(s.height << " x " << s.width << ", pad " << s.pad << ", " << s.chunks << " chunks");
    check(s, random, true);
    check(s, random, false);
  }
}
