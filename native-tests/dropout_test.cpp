// dropout.cu: the mask against the hash written apart, and what its bits look like.
#include "numbers.h"

#include "../kernels/dropout.cu"

namespace {
uint32_t mixed(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

uint32_t number(uint32_t a, uint32_t b, uint32_t key, uint32_t index) {
  return mixed(mixed(index ^ mixed(a ^ mixed(key))) ^ mixed(b + key));
}

int threshold_of(double p) { return int(uint32_t(std::ldexp(p, 32))); }

/// x [steps, samples, .., columns], of samples at these places of a batch.
Buffer<storage> dropped(const Doubles& x, double p, const Buffer<int>& draw, int key, int steps, int columns,
                        const Buffer<int>& places) {
  const int64 rows = int64(x.size()) / columns;
  const int samples = int(places.size());
  const Buffer<storage> in = to_storage_buffer(x);
  Buffer<storage> out(x.size());
  KERNEL_OF(dropout)
  (matrix(rows, columns), in.data(), draw.data(), places.data(), out.data(), threshold_of(p), float(1 / (1 - p)), key,
   samples, rows / steps / samples, rows, columns);
  return out;
}
}  // namespace

TEST_CASE("a mask for a step, the same at every step") {
  Random random(1);
  const Buffer<int> places{5, 0, 3};
  const Buffer<int> draw{123456789, -987654321};
  for (int columns : {1, 3, 64}) {
    for (int steps : {1, 4}) {
      const size_t sample = size_t(7) * columns, step = 3 * sample;
      const Doubles x = random.normals(steps * step);
      for (double p : {0.0, 0.125, 0.5, 0.9}) {
        Doubles expected(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          const size_t index = places[i / sample % 3] * sample + i % sample;
          const bool kept = number(123456789, uint32_t(-987654321), 5, uint32_t(index)) >= uint32_t(threshold_of(p));
          expected[i] = kept ? x[i] / (1 - p) : 0;
        }
        check_storage("out", dropped(x, p, draw, 5, steps, columns, places), expected, 1e-6);
      }
    }
  }
}

TEST_CASE("of p everywhere, and apart for other draws and keys") {
  const int n = 100000, columns = 100;
  const Doubles ones(n, 1.0);
  const auto mask = [&](double p, int a, int b, int key) {
    const Doubles out = from_storage_buffer(dropped(ones, p, Buffer<int>{a, b}, key, 1, columns, Buffer<int>{0}));
    std::vector<int> kept;
    for (double value : out) kept.push_back(value != 0);
    return kept;
  };
  for (double p : {0.1, 0.5, 0.9}) {
    const std::vector<int> kept = mask(p, 1, 2, 0);
    // Five standard deviations.
    const double mean = double(std::count(kept.begin(), kept.end(), 1)) / n;
    CHECK(std::fabs(mean - (1 - p)) < 5 * std::sqrt(p * (1 - p) / n));
    // Neighbours, rows and masks of other numbers agree as often as chance has it.
    const double chance = p * p + (1 - p) * (1 - p), deviation = 5 * std::sqrt(chance * (1 - chance) / n);
    const auto agree = [&](const std::vector<int>& other, int shift) {
      int same = 0;
      for (int i = 0; i < n; ++i) same += kept[i] == other[(i + shift) % n];
      return std::fabs(double(same) / n - chance) < deviation;
    };
    for (int shift : {1, 2, columns, 4096}) CHECK(agree(kept, shift));
    for (const auto& other : {mask(p, 1, 3, 0), mask(p, 2, 2, 0), mask(p, 1, 2, 1), mask(p, 2, 1, 0)}) {
      CHECK(agree(other, 0));
    }
  }
}
