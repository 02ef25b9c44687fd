// exact.cu: float32 numbers as one bfloat16 where nothing is lost, and as a sum of three.
#include "numbers.h"

#include "../kernels/exact.cu"

namespace {
const int items_per_chunk = 2, chunks = 3;
const int64 n = 5;
const size_t length = n * LANES;

/// Narrows x, which is exact but for one number; tells which chunks lost something.
std::vector<int> inexact_chunks(size_t at, float number) {
  Buffer<float> x(length);
  for (size_t i = 0; i < length; ++i) x[i] = static_cast<float>(i % 4);
  x[at] = number;
  const Buffer<storage> out(length);
  const Buffer<int> inexact(chunks);
  KERNEL_OF(narrow)(items(chunks), x.data(), out.data(), inexact.data(), n, items_per_chunk, chunks);
  for (size_t i = 0; i < length; ++i) {
    const double expected = rounded(x[i]);
    CHECK((std::isnan(expected) ? std::isnan(decode(out[i])) : decode(out[i]) == expected));
  }
  return {inexact[0], inexact[1], inexact[2]};
}
}  // namespace

TEST_CASE("a chunk that loses something says so") {
  const std::vector<int> none{0, 0, 0};
  for (float exact : {1.0f, -256.0f, 0x1.02p0f, 0x1p-100f, 0.0f}) CHECK(inexact_chunks(length / 2, exact) == none);
  for (float number : {0x1.01p0f, 0.1f, 257.0f, float(NAN), float(INFINITY)}) {
    for (size_t at : {size_t(0), size_t(2 * LANES), length - 1}) {
      INFO(number << " at " << at);
      std::vector<int> expected = none;
      expected[at / LANES / items_per_chunk] = 1;
      CHECK(inexact_chunks(at, number) == expected);
    }
  }
}

TEST_CASE("three bfloat16 numbers add up to a float32") {
  std::mt19937 engine(1);
  Buffer<float> w(length);
  const Buffer<float> parts(3 * length);
  const Buffer<storage> scratch(length);
  for (int repeat = 0; repeat < 20; ++repeat) {
    for (size_t i = 0; i < length; ++i) {
      const float fraction = std::uniform_real_distribution<float>(-1, 1)(engine);
      w[i] = std::ldexp(fraction, static_cast<int>(engine() % 60) - 40);
    }
    KERNEL_OF(split)(items(n), w.data(), scratch.data(), parts.data(), n);
    size_t wrong = 0;
    for (size_t i = 0; i < length; ++i) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) {
        const double part = parts[k * length + i];
        wrong += part != rounded(part);
        sum += part;
      }
      wrong += sum != w[i];
    }
    CHECK(wrong == 0);
  }
}
