// Arrays of float32, float16 and bfloat16 for the matrix libraries, which compute in float32.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "conversions.h"
#include "cuda_abi.h"

namespace hostcuda {

enum class Type { FLOAT, HALF, BFLOAT16 };

inline size_t size_of(Type type) { return type == Type::FLOAT ? 4 : 2; }

inline float read(Type type, const void* array, size_t i) {
  if (type == Type::FLOAT) return static_cast<const float*>(array)[i];
  const uint16_t bits = static_cast<const uint16_t*>(array)[i];
  return type == Type::HALF ? half_to_float(bits) : bfloat16_to_float(bits);
}

inline void write(Type type, void* array, size_t i, float value) {
  if (type == Type::FLOAT) {
    static_cast<float*>(array)[i] = value;
  } else {
    static_cast<uint16_t*>(array)[i] =
        type == Type::HALF ? float_to_half(value) : float_to_bfloat16(value);
  }
}

/// The array at a device address in float32.
inline std::vector<float> read_all(Type type, CUdeviceptr address, size_t n) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = read(type, reinterpret_cast<const void*>(address), i);
  return values;
}

/// array = alpha values + beta array; with beta = 0 the array is not read.
inline void write_all(Type type, CUdeviceptr address, const std::vector<float>& values, float alpha,
                      float beta) {
  void* array = reinterpret_cast<void*>(address);
  for (size_t i = 0; i < values.size(); ++i) {
    write(type, array, i, alpha * values[i] + (beta == 0 ? 0 : beta * read(type, array, i)));
  }
}

}  // namespace hostcuda
