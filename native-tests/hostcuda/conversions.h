// float32 to the 16-bit types and back as a GPU does it: to nearest even, every NaN to 0x7fff.
#pragma once

namespace hostcuda {

inline float bfloat16_to_float(unsigned short s) {
  return __builtin_bit_cast(float, unsigned(s) << 16);
}
inline unsigned short float_to_bfloat16(float f) {
  const unsigned b = __builtin_bit_cast(unsigned, f);
  return f == f ? (unsigned short)((b + 0x7fffu + ((b >> 16) & 1u)) >> 16) : 0x7fff;
}
inline float half_to_float(unsigned short s) { return __builtin_bit_cast(_Float16, s); }
inline unsigned short float_to_half(float f) {
  return f == f ? __builtin_bit_cast(unsigned short, _Float16(f)) : 0x7fff;
}

}  // namespace hostcuda
