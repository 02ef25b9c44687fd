// resize.cu against loops over the outputs, with torch's rules for what each of them reads.
#include "numbers.h"

#include "../kernels/resize.cu"

namespace {
struct Side {
  int in, out;
  float scale() const { return float(in) / out; }
};

struct Tap {
  int at;
  double weight;
};

std::vector<Tap> taps(bool nearest, Side side, int o) {
  if (nearest) return {{std::min(int(std::floor(o * side.scale())), side.in - 1), 1.0}};
  const float place = std::max(side.scale() * (o + 0.5f) - 0.5f, 0.0f);
  const int low = std::min(int(place), side.in - 1), high = std::min(low + 1, side.in - 1);
  const double share = low == high ? 0 : double(place) - low;
  return {{low, 1 - share}, {high, share}};
}

void check(bool nearest, int images, Side down, Side across, int channels, Random& random) {
  INFO(std::string(nearest ? "nearest " : "bilinear ") << down.in << " x " << across.in << " to " << down.out << " x "
                                            << across.out << ", " << channels << " channels");
  const int64 in_rows = int64(images) * down.in * across.in, out_rows = int64(images) * down.out * across.out;
  const Doubles x = random.normals(in_rows * channels), grad_y = random.normals(out_rows * channels);
  Doubles y(grad_y.size(), 0.0), grad_x(x.size(), 0.0);
  for (int n = 0; n < images; ++n) {
    for (int oh = 0; oh < down.out; ++oh) {
      for (int ow = 0; ow < across.out; ++ow) {
        for (const Tap& v : taps(nearest, down, oh)) {
          for (const Tap& u : taps(nearest, across, ow)) {
            for (int c = 0; c < channels; ++c) {
              const size_t in = ((size_t(n) * down.in + v.at) * across.in + u.at) * channels + c;
              const size_t out = ((size_t(n) * down.out + oh) * across.out + ow) * channels + c;
              y[out] += v.weight * u.weight * x[in];
              grad_x[in] += v.weight * u.weight * grad_y[out];
            }
          }
        }
      }
    }
  }
  const int columns = channels / LANES, line = across.out * channels, lines = images * down.in;
  const Buffer<storage> input = to_storage_buffer(x), g = to_storage_buffer(grad_y);
  const Buffer<storage> output(y.size()), grad_input(x.size());
  const Buffer<float> sums(size_t(lines) * line);
  KERNEL_OF(resize_forward)
  (matrix(out_rows, columns), input.data(), output.data(), nearest, down.scale(), across.scale(), down.in, across.in,
   down.out, across.out, int(out_rows), columns);
  // In two parts, the second from the second vector on.
  for (int part : {0, 1}) {
    const int vectors = part == 0 ? 1 : line / LANES - 1;
    KERNEL_OF(resize_backward_down)
    (matrix(lines, vectors), g.data(), sums.data(), nearest, down.scale(), down.in, down.out, line, part * LANES, lines,
     vectors);
  }
  KERNEL_OF(resize_backward_across)
  (matrix(in_rows, columns), sums.data(), grad_input.data(), nearest, across.scale(), across.in, across.out, 0,
   channels, 0, int(in_rows), columns);
  const Doubles earlier = random.normals(x.size());
  const Buffer<storage> sum = to_storage_buffer(earlier);
  KERNEL_OF(resize_backward_across)
  (matrix(in_rows, columns), sums.data(), sum.data(), nearest, across.scale(), across.in, across.out, 1, channels, 0,
   int(in_rows), columns);
  check_storage("y", output, y, nearest ? 0 : 1e-6);
  // Sums of many that cancel.
  check_storage("grad_x", grad_input, grad_x, 5e-6);
  for (size_t i = 0; i < grad_x.size(); ++i) grad_x[i] += earlier[i];
  check_storage("grad_x, added", sum, grad_x, 5e-6);
}
}  // namespace

TEST_CASE("resizing and back, up and down") {
  Random random(1);
  for (bool nearest : {false, true}) {
    for (int channels : {LANES, 3 * LANES}) {
      check(nearest, 2, {5, 13}, {7, 4}, channels, random);
      check(nearest, 3, {1, 6}, {1, 5}, channels, random);
      check(nearest, 1, {9, 1}, {6, 1}, channels, random);
      check(nearest, 2, {4, 4}, {3, 3}, channels, random);
      check(nearest, 1, {3, 24}, {5, 40}, channels, random);
      check(nearest, 1, {41, 3}, {2, 98}, channels, random);
      check(nearest, 1, {1, 1}, {1, 1}, channels, random);
    }
  }
}

TEST_CASE("sides of many sizes") {
  Random random(2);
  for (int in = 1; in <= 24; in += 1 + in / 9) {
    for (int out = 1; out <= 50; out += 1 + out / 9) {
      for (bool nearest : {false, true}) check(nearest, 1, {in, out}, {2, 3}, LANES, random);
    }
  }
}

TEST_CASE("a long side") {
  Random random(3);
  for (bool nearest : {false, true}) {
    check(nearest, 1, {4097, 4099}, {1, 1}, LANES, random);
    check(nearest, 1, {1, 1}, {1023, 333}, LANES, random);
    check(nearest, 1, {1000, 1}, {1, 777}, LANES, random);
  }
}
