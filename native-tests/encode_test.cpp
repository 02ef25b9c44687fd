// encode.cu against the hash and the rounding written apart.
#include "numbers.h"

#include "../kernels/encode.cu"

namespace {
uint32_t mixed(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352d;
  x ^= x >> 15;
  x *= 0x846ca68b;
  x ^= x >> 16;
  return x;
}

bool fires(int level, uint32_t a, uint32_t b, uint32_t step, uint32_t index) {
  const uint32_t key = 65536 + step;
  const uint32_t random = mixed(mixed(index ^ mixed(a ^ mixed(key))) ^ mixed(b + key)) >> 8;
  return uint64_t(random) * 255 < uint64_t(level) << 24;
}
}  // namespace

TEST_CASE("spikes of pixels: drawn, fixed, and by latency") {
  Random random(1);
  const Buffer<int> places{5, 0, 3};
  const Buffer<int> draw{123456789, -987654321};
  const double mean[] = {0.5, 0.25, 0.375}, deviation[] = {0.25, 0.5, 0.125};
  for (int channels : {1, 3}) {
    for (int steps : {1, 4, 32}) {
      CAPTURE(channels);
      CAPTURE(steps);
      const size_t sample = size_t(35) * channels, n = 3 * sample;
      Doubles x(n);
      for (size_t i = 0; i < n; ++i) {
        x[i] = (random.below(256) / 255.0 - mean[i % channels]) / deviation[i % channels];
      }
      const Buffer<storage> in = to_storage_buffer(x);
      std::vector<int> levels(n);
      for (size_t i = 0; i < n; ++i) {
        const double pixel = decode(in[i]) * deviation[i % channels] + mean[i % channels];
        levels[i] = std::min(255, std::max(0, int(std::floor(255 * pixel + 0.5))));
      }
      for (const char* kind : {"drawn", "fixed", "latency"}) {
        CAPTURE(kind);
        const bool latency = *kind == 'l', drawn = *kind == 'd';
        const Buffer<storage> out(steps * n);
        KERNEL_OF(encode)
        (items(n), in.data(), draw.data(), places.data(), out.data(), latency, drawn, steps, channels, int64(sample),
         0.5f, 0.25f, 0.375f, 0.0f, 0.25f, 0.5f, 0.125f, 0.0f, int64(n));
        Doubles expected(steps * n);
        for (size_t k = 0; k < expected.size(); ++k) {
          const size_t t = k / n, i = k % n;
          const uint32_t index = uint32_t((drawn ? places[i / sample] * sample : 0) + i % sample);
          const uint32_t a = drawn ? 123456789u : 0u, b = drawn ? uint32_t(-987654321) : 0u;
          expected[k] = latency ? t == size_t(std::lround((steps - 1) * (1 - levels[i] / 255.0)))
                                : fires(levels[i], a, b, uint32_t(t), index);
        }
        check_storage("spikes", out, expected, 0);
      }
    }
  }
}
