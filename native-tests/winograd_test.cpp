// host/winograd.cu: convolution of 3x3 windows with fewer products, and the gradient by x, against plain loops.
#include "conv_reference.h"

#include "../kernels/host/winograd.cu"

namespace {
struct Shape : Conv {
  int chunks;
  Shape(int batch, int height, int width, int in, int out, int pad, int chunks)
      : Conv{batch, height, width, in, out, 3, 1, pad, 1}, chunks(chunks) {}
};

// Whole and halved pieces at the edges, more chunks than pieces, more pieces than are taken together.
const Shape shapes[] = {{1, 4, 4, LANES, LANES, 1, 1},     {3, 5, 7, 2 * LANES, LANES, 1, 2}, {2, 6, 5, LANES, 2 * LANES, 0, 2},
                        {2, 4, 5, LANES, LANES, 2, 3},     {1, 1, 1, LANES, LANES, 1, 2},     {1, 2, 3, LANES, LANES, 1, 9},
                        {1, 13, 12, 3 * LANES, LANES, 1, 1}};

void check(const Shape& s, Random& random, bool forward) {
  const Doubles from = random.normals(forward ? s.x_size() : s.y_size());
  Doubles w = random.normals(s.weights());
  // Not numbers of storage: what is multiplied is rounded.
  for (double& v : w) v = static_cast<float>(1.01 * v);
  const int depth = forward ? s.in : s.out, columns = forward ? s.out : s.in;
  const Buffer<float> weights = to_float_buffer(w), turned(size_t(16) * depth * columns);
  const int64 n = int64(columns) / LANES * depth;
  KERNEL_OF(turn_weights)(items(n), weights.data(), turned.data(), depth, columns, int(forward), n);
  const Buffer<storage> input = to_storage_buffer(from), result(forward ? s.y_size() : s.x_size());
  const Buffer<float> pieces(size_t(s.chunks) * 16 * PIECES * (depth + LANES));
  KERNEL_OF(winograd)
  (items(s.chunks), input.data(), turned.data(), result.data(), pieces.data(), s.batch,
   forward ? s.height : s.out_height(), forward ? s.width : s.out_width(), depth,
   forward ? s.out_height() : s.height, forward ? s.out_width() : s.width, columns, forward ? s.pad : 2 - s.pad,
   s.chunks);
  Doubles expected(result.size(), 0.0);
  s.for_each_product([&](size_t x, size_t k, size_t y) {
    expected[forward ? y : x] += from[forward ? x : y] * rounded(w[k]);
  });
  check_storage(forward ? "y" : "grad_x", result, expected, 3e-6);
}
}  // namespace

TEST_CASE("forward, and the gradient by x") {
  Random random(1);
  for (const Shape& s : shapes) {
    INFO(s.text() << ", " << s.chunks << " chunks");
    check(s, random, true);
    check(s, random, false);
  }
}
