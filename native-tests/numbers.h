// Numbers of the tests: conversion between double and the storage types, written apart from the
// kernels' own; random numbers; comparison of a kernel's result with the expected one.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "harness.h"

using Doubles = std::vector<double>;

/// x rounded to nearest even at `digits` binary digits; numbers below 2^(lowest - 1) are subnormal.
inline double round_binary(double x, int digits, int lowest, double largest) {
  if (x == 0 || !std::isfinite(x)) return x;
  int exponent;
  std::frexp(x, &exponent);
  const double quantum = std::ldexp(1.0, std::max(exponent, lowest) - digits);
  const double r = std::nearbyint(x / quantum) * quantum;
  return std::fabs(r) > largest ? std::copysign(INFINITY, x) : r;
}

#if STORAGE == STORAGE_FLOAT
constexpr double storage_epsilon = 0;
inline double rounded(double x) { return static_cast<float>(x); }
inline storage encode(double x) { return static_cast<float>(x); }
inline double decode(storage s) { return s; }
#elif STORAGE == STORAGE_BFLOAT16
constexpr double storage_epsilon = 1.0 / 256;
inline double rounded(double x) { return round_binary(x, 8, -125, 3.3895313892515355e38); }
inline storage encode(double x) {
  const float f = static_cast<float>(rounded(x));
  uint32_t b;
  std::memcpy(&b, &f, sizeof b);
  return static_cast<storage>(b >> 16);
}
inline double decode(storage s) {
  const uint32_t b = static_cast<uint32_t>(s) << 16;
  float f;
  std::memcpy(&f, &b, sizeof f);
  return f;
}
#else
constexpr double storage_epsilon = 1.0 / 2048;
inline double rounded(double x) { return round_binary(x, 11, -13, 65504); }
inline storage encode(double x) {
  const double r = rounded(x), a = std::fabs(r);
  const unsigned sign = std::signbit(r) ? 0x8000 : 0;
  if (std::isnan(r)) return static_cast<storage>(sign | 0x7e00);
  if (std::isinf(r)) return static_cast<storage>(sign | 0x7c00);
  if (a < 0x1p-14) return static_cast<storage>(sign | static_cast<unsigned>(a * 0x1p24));
  int exponent;
  const double fraction = std::frexp(a, &exponent);  // in [1/2, 1)
  return static_cast<storage>(sign | static_cast<unsigned>(exponent + 14) << 10 |
                              (static_cast<unsigned>(fraction * 2048) & 0x3ff));
}
inline double decode(storage s) {
  const int exponent = s >> 10 & 31, fraction = s & 0x3ff;
  const double a = exponent == 31  ? (fraction ? NAN : INFINITY)
                   : exponent == 0 ? std::ldexp(fraction, -24)
                                   : std::ldexp(1024 + fraction, exponent - 25);
  return s & 0x8000 ? -a : a;
}
#endif

inline Buffer<storage> to_storage_buffer(const Doubles& values) {
  Buffer<storage> b(values.size());
  for (size_t i = 0; i < values.size(); ++i) b[i] = encode(values[i]);
  return b;
}
inline Buffer<float> to_float_buffer(const Doubles& values) {
  Buffer<float> b(values.size());
  for (size_t i = 0; i < values.size(); ++i) b[i] = static_cast<float>(values[i]);
  return b;
}
inline Doubles from_storage_buffer(const Buffer<storage>& b) {
  Doubles values(b.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = decode(b[i]);
  return values;
}
inline Doubles from_float_buffer(const Buffer<float>& b) { return Doubles(b.data(), b.data() + b.size()); }

/// What the blocks of a reduction in kernels/cuda count themselves with: 0 before a launch and after it.
class Counters {
 public:
  explicit Counters(size_t n) : counts_(n) { std::fill_n(counts_.data(), n, 0u); }
  unsigned* data() const { return counts_.data(); }
  void check() const {
    for (size_t i = 0; i < counts_.size(); ++i) CHECK(counts_[i] == 0);
  }

 private:
  Buffer<unsigned> counts_;
};

template <class T>
bool same_bytes(const Buffer<T>& a, const Buffer<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Random numbers that storage holds exactly, so that rounding the inputs is no part of an error.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  double normal(double mean = 0, double deviation = 1) {
    return rounded(std::normal_distribution<double>(mean, deviation)(engine_));
  }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  Doubles normals(size_t n, double mean = 0, double deviation = 1) {
    Doubles values(n);
    for (double& v : values) v = normal(mean, deviation);
    return values;
  }

 private:
  std::mt19937 engine_;
};

/// The numbers are equal to within `tolerance` of the largest expected one plus `relative` of the
/// expected one itself; NaN equals NaN, an infinity only itself.
inline void check_close(const std::string& what, const Doubles& actual, const Doubles& expected, double tolerance,
                        double relative = 0) {
  REQUIRE(actual.size() == expected.size());
  double largest = 0;
  for (double e : expected) {
    if (std::isfinite(e)) largest = std::max(largest, std::fabs(e));
  }
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double a = actual[i], e = expected[i];
    const bool good = std::isnan(e)   ? std::isnan(a)
                      : std::isinf(e) ? a == e
                                      : std::fabs(a - e) <= tolerance * largest + relative * std::fabs(e);
    if (!good && wrong++ == 0) first = i;
  }
  INFO(what << ": " << wrong << " of " << actual.size() << " differ, first at " << first << ", "
            << (wrong ? actual[first] : 0) << " instead of " << (wrong ? expected[first] : 0));
  CHECK(wrong == 0);
}

/// check_close for numbers that were rounded to storage once.
inline void check_storage(const std::string& what, const Buffer<storage>& actual, const Doubles& expected,
                          double tolerance) {
  check_close(what, from_storage_buffer(actual), expected, tolerance, storage_epsilon);
}
inline void check_float(const std::string& what, const Buffer<float>& actual, const Doubles& expected,
                        double tolerance) {
  check_close(what, from_float_buffer(actual), expected, tolerance);
}
