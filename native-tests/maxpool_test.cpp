// maxpool.cu against loops over every window.
#include "numbers.h"

#include "../kernels/maxpool.cu"

namespace {
struct Shape {
  int images, height, width, columns, size, stride, pad;
  const int channels = columns * LANES;
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
  (matrix(out_rows, s.columns), input.data(), r.y.data(), r.winner.data(), s.height, s.width, s.out_height(),
   s.out_width(), s.size, s.stride, s.pad, out_rows, s.columns);
  KERNEL_OF(max_pool_backward)
  (matrix(in_rows, s.columns), g.data(), r.winner.data(), r.grad_x.data(), s.height, s.width, s.out_height(),
   s.out_width(), s.size, s.stride, s.pad, in_rows, s.columns);
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

TEST_CASE("a NaN wins, the last of several, in its own channel alone") {
  const Shape s{1, 3, 3, 1, 3, 1, 0};
  for (int lane = 0; lane < LANES; ++lane) {
    CAPTURE(lane);
    Doubles x(s.inputs());
    for (size_t i = 0; i < x.size(); ++i) x[i] = i / LANES;
    x[s.in(0, 0, 1, lane)] = NAN;
    x[s.in(0, 1, 1, lane)] = NAN;
    const Run r = run(s, x, Doubles(LANES, 5));
    for (int k = 0; k < LANES; ++k) {
      const int winner = k == lane ? 4 : 8;
      CHECK(std::isnan(decode(r.y[k])) == (k == lane));
      CHECK(int(r.winner[k]) == winner);
      for (int place = 0; place < 9; ++place) {
        CHECK(decode(r.grad_x[place * LANES + k]) == (place == winner ? 5 : 0));
      }
    }
  }
}

TEST_CASE("a gradient that is no number stays with its winner") {
  const Shape s{1, 2, 2, 1, 2, 2, 0};
  const Run r = run(s, Doubles(s.inputs(), 1), Doubles(LANES, NAN));
  for (int k = 0; k < LANES; ++k) {
    CHECK(std::isnan(decode(r.grad_x[k])));
    for (int place = 1; place < 4; ++place) CHECK(decode(r.grad_x[place * LANES + k]) == 0);
  }
}

TEST_CASE("the last place of the largest window fits its byte") {
  const Shape s{1, 15, 15, 1, 15, 1, 0};
  Doubles x(s.inputs());
  for (size_t i = 0; i < x.size(); ++i) x[i] = i / LANES;
  const Run r = run(s, x, Doubles(LANES, 2));
  for (int k = 0; k < LANES; ++k) {
    CHECK(int(r.winner[k]) == 224);
    CHECK(decode(r.grad_x[224 * LANES + k]) == 2);
  }
}

TEST_CASE("minus infinity everywhere is a maximum too") {
  const Shape s{1, 2, 2, 1, 2, 2, 0};
  const Run r = run(s, Doubles(s.inputs(), -INFINITY), Doubles(LANES, 3));
  for (int k = 0; k < LANES; ++k) {
    CHECK(decode(r.y[k]) == -INFINITY);
    CHECK(int(r.winner[k]) == 0);
    CHECK(decode(r.grad_x[k]) == 3);
  }
}
