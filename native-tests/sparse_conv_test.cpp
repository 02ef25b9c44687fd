// host/sparse_conv.cu: convolution of activations that are mostly zero, against plain loops.
#include "conv_reference.h"

#include "../kernels/host/sparse_conv.cu"

namespace {
struct Shape : Conv {
  int group, strip, chunks;
  double density;
  Shape(int batch, int height, int width, int in, int out, int size, int stride, int pad, int dilation, int group,
        int strip, int chunks, double density)
      : Conv{batch, height, width, in, out, size, stride, pad, dilation},
        group(group), strip(strip), chunks(chunks), density(density) {}
};

const int C = LANES, O = ROW;
const Shape shapes[] = {
    {1, 5, 4, C, O, 3, 1, 1, 1, LANES, 2, 1, 0.3},
    // Strips of several images, and chunks that begin inside of one.
    {5, 3, 4, 2 * C, 2 * O, 3, 1, 1, 1, LANES, 7, 3, 0.2},
    {4, 4, 4, 4 * C, O, 3, 1, 1, 1, 2 * LANES, 64, 2, 0.2},
    {2, 9, 7, 2 * C, O, 3, 2, 1, 1, 2 * LANES, 3, 2, 0.2},
    {3, 6, 5, C, O, 5, 2, 2, 1, LANES, 4, 2, 0.5},
    {2, 7, 6, C, 2 * O, 3, 1, 2, 2, LANES, 3, 2, 0.3},
    {2, 9, 8, 2 * C, O, 3, 2, 3, 3, LANES, 2, 2, 0.3},
    {2, 5, 4, C, O, 5, 1, 2, 1, LANES, 4, 2, 0.3},
    // More padding than the window reaches, windows that see nothing else, no padding, one pixel.
    {2, 4, 3, C, O, 3, 1, 3, 1, LANES, 5, 2, 0.3},
    {2, 3, 3, C, O, 3, 1, 6, 6, LANES, 5, 2, 0.5},
    {3, 5, 6, C, O, 2, 1, 0, 1, LANES, 3, 2, 0.3},
    {3, 1, 1, C, O, 1, 1, 0, 1, LANES, 2, 2, 0.5},
    // All, and none.
    {2, 5, 4, C, O, 3, 1, 1, 1, LANES, 3, 2, 1.0},
    {2, 5, 4, C, O, 3, 1, 1, 1, LANES, 3, 2, 0.0},
};

Doubles mostly_zero(Random& random, const Shape& s) {
  Doubles x = random.normals(s.x_size());
  for (double& v : x) {
    if (random.below(100) >= 100 * s.density) v = 0;
  }
  return x;
}
}  // namespace

TEST_CASE("forward") {
  Random random(1);
  for (const Shape& s : shapes) {
    INFO(s.text() << ", density " << s.density);
    const Doubles x = mostly_zero(random, s);
    Doubles w = random.normals(s.weights());
    // Not numbers of storage: what is multiplied is rounded.
    for (double& v : w) v = static_cast<float>(1.01 * v);
    const Buffer<storage> input = to_storage_buffer(x), y(s.y_size());
    const Buffer<float> weights = to_float_buffer(w), packed(s.weights());
    const int64 vectors = s.weights() / ROW / LANES;
    KERNEL_OF(pack_weights)(items(vectors), weights.data(), packed.data(), s.size, s.in, s.group, vectors);

    const int crossings = (s.strip - 1) / s.out_height() + 1;
    const int64 rows = (s.strip - 1) * s.stride + s.reach() + crossings * (s.reach() + s.stride);
    const int64 entries = rows * s.width * (s.in + LANES * (s.in / s.group)) + LANES;
    const int64 starts = rows * (s.width + 1) * (s.in / s.group);
    const Buffer<int> places(s.chunks * entries), begin(s.chunks * starts);
    const Buffer<float> values(s.chunks * entries), sums(size_t(s.chunks) * s.strip * s.out_width() * ROW);
    KERNEL_OF(sparse_forward)
    (items(s.chunks), input.data(), packed.data(), y.data(), places.data(), values.data(), begin.data(), sums.data(),
     entries, starts, s.batch, s.height, s.width, s.in, s.out_height(), s.out_width(), s.out, s.size, s.stride, s.pad,
     s.dilation, s.group, s.strip, s.chunks);

    Doubles expected(s.y_size(), 0.0);
    s.for_each_product([&](size_t a, size_t b, size_t c) { expected[c] += x[a] * rounded(w[b]); });
    check_storage("y", y, expected, 2e-5);
  }
}

TEST_CASE("gradient by the weights") {
  Random random(2);
  for (const Shape& s : shapes) {
    if (s.stride != 1) continue;
    INFO(s.text() << ", density " << s.density);
    const Doubles x = mostly_zero(random, s), g = random.normals(s.y_size());
    const Buffer<storage> input = to_storage_buffer(x), grad_y = to_storage_buffer(g);
    const Buffer<float> grad_w(s.weights()), sums(s.chunks * s.weights());

    const int64 entries = int64(s.strip) * s.width * s.in;
    const int border = s.pad + s.reach() - 1;
    const int64 rows = s.strip + s.reach() + ((s.strip - 1) / s.height + 1) * border;
    const int64 padded = rows * (s.width + border) * ROW;
    const Buffer<int> places(s.chunks * entries), counts(size_t(s.chunks) * s.in);
    const Buffer<float> values(s.chunks * entries), vectors(s.chunks * padded);
    KERNEL_OF(sparse_weights)
    (items(s.chunks), input.data(), grad_y.data(), sums.data(), places.data(), values.data(), counts.data(),
     vectors.data(), padded, s.batch, s.height, s.width, s.in, s.out_height(), s.out_width(), s.out, s.size, s.pad,
     s.dilation, s.strip, s.chunks);
    const int64 n = s.weights() / ROW / LANES;
    KERNEL_OF(merge_sums)(items(n), sums.data(), grad_w.data(), s.size, s.in, s.out, s.chunks, n);

    Doubles expected(s.weights(), 0.0);
    s.for_each_product([&](size_t a, size_t b, size_t c) { expected[b] += x[a] * g[c]; });
    check_float("grad_w", grad_w, expected, 2e-5);
  }
}
