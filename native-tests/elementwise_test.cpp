// elementwise.cu: fill, add, multiply, bias, and the rounding of float32 to storage.
#include <limits>

#include "numbers.h"

#include "../kernels/elementwise.cu"

namespace {
float float_of(uint32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

/// float32 numbers at which a conversion may go wrong.
std::vector<float> difficult_numbers() {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> numbers{0.0f, -0.0f, 1.0f, -1.0f, infinity, -infinity, nan, -nan,
                             // Signalling and quiet NaN whose payload is cut off wholly, or would carry over.
                             float_of(0x7f800001), float_of(0xff800001), float_of(0x7fffffff), float_of(0xffffffff),
                             std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(),
                             std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min(),
                             // Largest of half, the last float that rounds to it, the first that overflows.
                             65504.0f, 65519.996f, 65520.0f, -65520.0f, 1e6f,
                             // Smallest normal and subnormal of half, half of that (a tie with 0), above it.
                             0x1p-14f, 0x1p-24f, 0x1p-25f, 0x1.000002p-25f, 0x1.8p-24f, -0x1p-25f, 0x1.ffep-15f};
  // Ties and their neighbours, to an even and to an odd number, for 8 and for 11 digits.
  for (uint32_t above : {0x3f800000u, 0x3f810000u, 0x3f802000u, 0x7f7f0000u, 0x00010000u, 0x42fe0000u}) {
    for (uint32_t half : {0x8000u, 0x1000u}) {
      for (uint32_t delta : {uint32_t(-1), 0u, 1u}) {
        numbers.push_back(float_of(above + half + delta));
        numbers.push_back(-numbers.back());
      }
    }
  }
  while (numbers.size() % LANES != 0) numbers.push_back(0.1f);
  return numbers;
}

bool same(float a, float b) {
  return std::isnan(b) ? std::isnan(a) : a == b && std::signbit(a) == std::signbit(b);
}

/// The number, or where the processor's own conversion to bfloat16 has no subnormals, zero for them.
bool same_or_flushed(float a, float b) {
  const bool subnormal = STORAGE == STORAGE_BFLOAT16 && std::fabs(b) < std::numeric_limits<float>::min();
  return same(a, b) || (subnormal && same(a, std::copysign(0.0f, b)));
}
}  // namespace

TEST_CASE("float32 to storage rounds to nearest even, NaN stays NaN, overflow is infinite") {
  const std::vector<float> numbers = difficult_numbers();
  const Buffer<float> x(numbers.size()), back(numbers.size());
  const Buffer<storage> s(numbers.size());
  std::memcpy(x.data(), numbers.data(), numbers.size() * sizeof(float));
  const int64 n = numbers.size() / LANES;
  KERNEL_OF(from_float)(items(n), x.data(), s.data(), n);
  KERNEL_OF(to_float)(items(n), s.data(), back.data(), n);
  for (size_t i = 0; i < numbers.size(); ++i) {
    INFO("number " << i << " of value " << numbers[i]);
    const float expected = static_cast<float>(rounded(numbers[i]));
    CHECK(same_or_flushed(static_cast<float>(decode(s[i])), expected));
    CHECK(same_or_flushed(back[i], expected));
  }
}

#if STORAGE != STORAGE_FLOAT
TEST_CASE("every storage value survives the way to float32 and back") {
  const Buffer<storage> all(65536), again(65536);
  const Buffer<float> f(65536);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<storage>(i);
  const int64 n = 65536 / LANES;
  KERNEL_OF(to_float)(items(n), all.data(), f.data(), n);
  KERNEL_OF(from_float)(items(n), f.data(), again.data(), n);
  size_t wrong = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    wrong += !same(f[i], static_cast<float>(decode(all[i])));
    wrong += !same_or_flushed(static_cast<float>(decode(again[i])), static_cast<float>(decode(all[i])));
  }
  CHECK(wrong == 0);
}
#endif

TEST_CASE("fill") {
  for (double value : {0.0, -1.5, 0.1}) {
    const Buffer<storage> x(5 * LANES);
    KERNEL_OF(fill)(items(5), x.data(), static_cast<float>(value), 5);
    for (size_t i = 0; i < x.size(); ++i) CHECK(decode(x[i]) == rounded(static_cast<float>(value)));
  }
}

TEST_CASE("add") {
  Random random(1);
  const int64 n = 11;
  const Doubles a = random.normals(n * LANES), b = random.normals(n * LANES);
  const Buffer<storage> sum = to_storage_buffer(a), other = to_storage_buffer(b);
  KERNEL_OF(add)(items(n), sum.data(), other.data(), n);
  Doubles expected(a.size());
  for (size_t i = 0; i < a.size(); ++i) expected[i] = rounded(static_cast<float>(a[i] + b[i]));
  check_close("sum", from_storage_buffer(sum), expected, 0);
}

TEST_CASE("multiply") {
  Random random(2);
  const int64 n = 11;
  const Doubles a = random.normals(n * LANES), b = random.normals(n * LANES);
  const Buffer<float> x = to_float_buffer(a), y = to_float_buffer(b), product(n * LANES);
  KERNEL_OF(multiply)(items(n), x.data(), y.data(), product.data(), n);
  Doubles expected(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    expected[i] = static_cast<float>(static_cast<float>(a[i]) * static_cast<float>(b[i]));
  }
  check_close("product", from_float_buffer(product), expected, 0);
}

TEST_CASE("bias") {
  Random random(2);
  const int64 rows = 7;
  const int columns = 3;
  const size_t c = columns * LANES;
  const Doubles x = random.normals(rows * c), bias = random.normals(c);
  const Buffer<storage> sum = to_storage_buffer(x);
  const Buffer<float> b = to_float_buffer(bias);
  KERNEL_OF(add_bias)(matrix(rows, columns), sum.data(), b.data(), rows, columns);
  Doubles expected(x.size());
  for (size_t i = 0; i < x.size(); ++i) expected[i] = rounded(static_cast<float>(x[i] + bias[i % c]));
  check_close("sum", from_storage_buffer(sum), expected, 0);
}
