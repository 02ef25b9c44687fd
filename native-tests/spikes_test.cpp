// spikes.cu: what is unpacked is what the bits and the bytes say.
#include "numbers.h"

#include "../kernels/spikes.cu"

namespace {
constexpr size_t ITEMS = 37;

Buffer<unsigned char> random_bytes(size_t n) {
  Random random(1);
  Buffer<unsigned char> bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = random.below(256);
  return bytes;
}
}  // namespace

TEST_CASE("bits are spikes, the lowest the first") {
  const Buffer<unsigned char> packed = random_bytes(ITEMS * LANES / PACKED_LANES);
  const Buffer<storage> out(ITEMS * LANES);
  // A byte of fewer lanes has no more bits.
  for (size_t i = 0; i < packed.size(); ++i) packed[i] &= (1 << PACKED_LANES) - 1;
  KERNEL_OF(unpack_bits)(items(ITEMS), packed.data(), out.data(), int64(ITEMS));
  for (size_t e = 0; e < out.size(); ++e) {
    CHECK(decode(out[e]) == (packed[e / PACKED_LANES] >> e % PACKED_LANES & 1));
  }
}

TEST_CASE("bytes are sums of spikes") {
  const Buffer<unsigned char> packed = random_bytes(ITEMS * LANES);
  const Buffer<storage> out(ITEMS * LANES);
  KERNEL_OF(unpack_bytes)(items(ITEMS), packed.data(), out.data(), int64(ITEMS));
  for (size_t e = 0; e < out.size(); ++e) CHECK(decode(out[e]) == packed[e]);
}
