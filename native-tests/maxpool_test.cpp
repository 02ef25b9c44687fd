// maxpool.cu against loops over every window.
#include "numbers.h"

#include "../kernels/maxpool.cu"

namespace {
struct Shape {
  int images, height, width, channels, size, stride, pad;
  int out_height() const { return (height + 2 * pad - size) / stride + 1; }
  int out_width() const { return (width + 2 * pad - size) / stride + 1; }
  size_t in(int n, int h, int w, int c) const { return ((size_t(n) * height + h) * width + w) * channels + c; }
  size_t inputs() const { return in(images, 0, 0, 0); }
  size_t outputs() const { return size_t(images) * out_height() * out_width() * channels; }
};

struct Pooled {
  Doubles y, winner, grad_x;
};

/// Goes from window to window and scatters the gradient, where the kernel gathers.
Pooled expected_pool(const Shape& s, const Doubles& x, const Doubles& grad_y) {
  Pooled p{{}, {}, Doubles(x.size(), 0.0)};
  for (int n = 0; n < s.images; ++n) {
    for (int oh = 0; oh < s.out_height(); ++oh) {
      for (int ow = 0; ow < s.out_width(); ++ow) {
        for (int c = 0; c < s.channels; ++c) {
          double best = -INFINITY;
          int winner = -1;
          size_t from = 0;
          for (int place = 0; place < s.size * s.size; ++place) {
            const int h = oh * s.stride - s.pad + place / s.size, w = ow * s.stride - s.pad + place % s.size;
            if (h < 0 || w < 0 || h >= s.height || w >= s.width) continue;
            const double value = x[s.in(n, h, w, c)];
            if (winner < 0 || value > best) {
              best = value;
              winner = place;
              from = s.in(n, h, w, c);
            }
          }
          p.grad_x[from] += grad_y[p.y.size()];
          p.y.push_back(best);
          p.winner.push_back(winner);
        }
      }
    }
  }
  return p;
}

struct Run {
  Buffer<storage> y, grad_x;
  Buffer<uchar> winner;
};

Run run(const Shape& s, const Doubles& x, const Doubles& grad_y) {
  const Buffer<storage> input = to_storage_buffer(x), g = to_storage_buffer(grad_y);
  Run r{Buffer<storage>(s.outputs()), Buffer<storage>(s.inputs()), Buffer<uchar>(s.outputs())};
  const int64 in_rows = s.inputs() / s.channels, out_rows = s.outputs() / s.channels;
  KERNEL_OF(max_pool_forward)
  (matrix(out_rows, s.channels), input.data(), r.y.data(), r.winner.data(), s.height, s.width, s.out_height(),
   s.out_width(), s.size, s.stride, s.pad, out_rows, s.channels);
  KERNEL_OF(max_pool_backward)
  (matrix(in_rows, s.channels), g.data(), r.winner.data(), r.grad_x.data(), s.height, s.width, s.out_height(),
   s.out_width(), s.size, s.stride, s.pad, in_rows, s.channels);
  return r;
}

void check_pool(const Shape& s, const Doubles& x, Random& random) {
  INFO(s.height << " x " << s.width << ", window " << s.size << ", stride " << s.stride << ", pad " << s.pad);
  const Doubles grad_y = random.normals(s.outputs());
  const Pooled expected = expected_pool(s, x, grad_y);
  const Run r = run(s, x, grad_y);
  check_storage("y", r.y, expected.y, 0);
  check_close("winner", Doubles(r.winner.data(), r.winner.data() + r.winner.size()), expected.winner, 0);
  check_storage("grad_x", r.grad_x, expected.grad_x, 1e-6);
}

const Shape shapes[] = {{2, 8, 8, 3, 3, 2, 1}, {2, 7, 9, 5, 3, 2, 1}, {1, 6, 6, 1, 2, 2, 0},
                        {3, 5, 4, 2, 3, 1, 1}, {1, 9, 7, 4, 2, 3, 0}, {1, 1, 1, 3, 3, 2, 1},
                        {2, 11, 10, 3, 5, 2, 2}};
}  // namespace

TEST_CASE("max pool forward and backward") {
  Random random(1);
  for (const Shape& s : shapes) check_pool(s, random.normals(s.inputs(), -3), random);
}

TEST_CASE("the first of equals wins, as with spikes") {
  Random random(2);
  for (const Shape& s : shapes) {
    Doubles spikes(s.inputs());
    for (double& v : spikes) v = random.below(2);
    check_pool(s, spikes, random);
  }
}

TEST_CASE("a NaN wins") {
  const Shape s{1, 3, 3, 1, 3, 1, 0};
  const Run r = run(s, {1, 2, 9, 4, NAN, 6, 7, 8, 9}, {5});
  CHECK(std::isnan(decode(r.y[0])));
  CHECK(r.winner[0] == 4);
  CHECK(decode(r.grad_x[4]) == 5);
}

TEST_CASE("minus infinity everywhere is a maximum too") {
  const Shape s{1, 2, 2, 1, 2, 2, 0};
  const Run r = run(s, Doubles(4, -INFINITY), {3});
  CHECK(decode(r.y[0]) == -INFINITY);
  CHECK(r.winner[0] == 0);
  CHECK(decode(r.grad_x[0]) == 3);
}
