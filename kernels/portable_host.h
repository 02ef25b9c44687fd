// portable.h for host C++ (g++ or clang++): vfloat is a vector of the compiler's, rows and items
// are shared out among OpenMP threads.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#if LANES == 16 && defined(__AVX512F__)
#include <immintrin.h>
#define WIDE
#elif LANES == 8 && defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define HALF_WIDE
#endif

typedef int64_t int64;
typedef uint8_t uchar;

#define GLOBAL
#define RESTRICT __restrict
#define INLINE static inline __attribute__((always_inline))
#define ROLLED
#define UNROLL _Pragma("GCC unroll 32")

namespace host {
template <class... A, size_t... I>
inline void call(void (*kernel)(int64, int64, A...), void** arguments, int64 begin, int64 end,
                 std::index_sequence<I...>) {
  kernel(begin, end, *static_cast<A*>(arguments[I])...);
}

/// Shares [begin, end) among the threads in contiguous ranges that differ by at most one.
template <class... A>
inline void launch(void (*kernel)(int64, int64, A...), void** arguments, int64 begin, int64 end,
                   int threads, int thread) {
  const int64 n = end - begin;
  const int64 first = begin + n * thread / threads, last = begin + n * (thread + 1) / threads;
  if (first < last) call(kernel, arguments, first, last, std::index_sequence_for<A...>());
}
}  // namespace host

#ifdef _OPENMP
#include <omp.h>
#define HOST_PARALLEL _Pragma("omp parallel")
#define HOST_THREADS omp_get_num_threads()
#define HOST_THREAD omp_get_thread_num()
#else
#define HOST_PARALLEL
#define HOST_THREADS 1
#define HOST_THREAD 0
#endif

// STREAM: stores of activations go past the caches, which otherwise read every line that is written.
// For outputs that no cache holds until they are read; they have to be aligned to a vector.
#if STREAM && defined(WIDE)
#define STREAM_FENCE _mm_sfence()
#else
#define STREAM_FENCE
#endif

#define KERNEL(name, ...)                                                               \
  static void name##_range(int64 range_begin, int64 range_end, __VA_ARGS__);            \
  extern "C" __attribute__((visibility("default"))) void name(void** arguments,         \
                                                              int64 begin, int64 end) { \
    HOST_PARALLEL {                                                                     \
      host::launch(name##_range, arguments, begin, end, HOST_THREADS, HOST_THREAD);     \
      STREAM_FENCE;                                                                     \
    }                                                                                   \
  }                                                                                     \
  static void name##_range(int64 range_begin, int64 range_end, __VA_ARGS__)

// Rows that a reduction takes together before it turns to the next columns, while the sums wait in
// the first-level cache: few, so that memory is read about in its order; one where the reduction
// reads several places at once, or rows of float32, which are long enough as they are.
#define ROW_BLOCK(streams) ((streams) == 1 && sizeof(storage) == 2 ? 4 : 1)

#define FOR_EACH(i, n) for (int64 i = range_begin; i < range_end; ++i)
#define FOR_EACH_ROW(r, rows) for (int64 r = range_begin; r < range_end; ++r)
#define FOR_EACH_COLUMN(c, columns) for (int64 c = 0; c < (columns); ++c)

// ---- storage ----
#if STORAGE == STORAGE_FLOAT
typedef float storage;
#else
typedef uint16_t storage;
#endif

// ---- vectors ----
#if LANES == 1
typedef float vfloat;
typedef uint32_t vbits;
typedef uint16_t vshort;
#define CONVERT(v, type) static_cast<type>(v)
#else
typedef float vfloat __attribute__((vector_size(4 * LANES)));
typedef uint32_t vbits __attribute__((vector_size(4 * LANES)));
typedef uint16_t vshort __attribute__((vector_size(2 * LANES)));
#define CONVERT(v, type) __builtin_convertvector(v, type)
#endif

INLINE vfloat splat(float a) { return a - vfloat{}; }

template <class To, class From>
INLINE To bits_of(From a) {
  static_assert(sizeof(To) == sizeof(From), "same size");
  To b;
  std::memcpy(&b, &a, sizeof b);
  return b;
}

INLINE vfloat load_float(const float* p, int64 i) {
  vfloat v;
  std::memcpy(&v, p + i, sizeof v);
  return v;
}

INLINE void store_float(float* p, int64 i, vfloat v) { std::memcpy(p + i, &v, sizeof v); }

/// A vector of activations to memory.
template <class Vector>
INLINE void put(storage* p, Vector v) {
#if STREAM && defined(WIDE)
  if constexpr (sizeof v == 64) {
    _mm512_stream_si512((__m512i*)p, (__m512i)v);
  } else {
    _mm256_stream_si256((__m256i*)p, (__m256i)v);
  }
#else
  std::memcpy(p, &v, sizeof v);
#endif
}

#if STORAGE == STORAGE_FLOAT
INLINE vfloat load(const storage* p, int64 i) { return load_float(p, i); }
INLINE void store(storage* p, int64 i, vfloat v) { put(p + i, v); }
INLINE float load_one(const storage* p, int64 i) { return p[i]; }
#elif STORAGE == STORAGE_BFLOAT16
INLINE float load_one(const storage* p, int64 i) { return bits_of<float>(uint32_t(p[i]) << 16); }
INLINE vfloat load(const storage* p, int64 i) {
  vshort s;
  std::memcpy(&s, p + i, sizeof s);
#ifdef WIDE
  // g++ 12 widens in two halves, which costs as much as all the rest of a reduction.
  return (vfloat)_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)s), 16);
#else
  return bits_of<vfloat>(CONVERT(s, vbits) << 16);
#endif
}
/// Rounds to nearest even; a NaN stays a NaN. The processor's own conversion has no subnormals:
/// below 1.2e-38 it stores zero.
INLINE void store(storage* p, int64 i, vfloat v) {
#if defined(WIDE) && defined(__AVX512BF16__)
  put(p + i, _mm512_cvtneps_pbh((__m512)v));
#else
  const vbits b = bits_of<vbits>(v);
  const vbits rounded = (b + 0x7fffu + ((b >> 16) & 1u)) >> 16;
  const vshort s = CONVERT(v == v ? rounded : (b >> 16) | 0x40u, vshort);
  put(p + i, s);
#endif
}
#else
#if LANES == 1
typedef _Float16 vhalf;
#else
typedef _Float16 vhalf __attribute__((vector_size(2 * LANES)));
#endif
INLINE float load_one(const storage* p, int64 i) { return bits_of<_Float16>(p[i]); }
INLINE vfloat load(const storage* p, int64 i) {
  vhalf h;
  std::memcpy(&h, p + i, sizeof h);
  return CONVERT(h, vfloat);
}
INLINE void store(storage* p, int64 i, vfloat v) {
  const vhalf h = CONVERT(v, vhalf);
  put(p + i, h);
}
#endif

// ---- loads ahead of their use, as portable_cuda.h has them ----
// A processor looks ahead by itself, so a packet is a place in memory. What an item some rows on will read is asked
// for here: an item reads from as many places as there are steps, too many for a processor to see where it goes.
#define FETCH_AHEAD 1024
#define PARTS 1
#define VECTOR LANES
// Steps of time whose potentials a backward pass holds: all.
#define MOST_HELD 32
typedef const storage* packet;
INLINE packet fetch(const storage* p, int64 i) {
  __builtin_prefetch(p + i + FETCH_AHEAD);
  return p + i;
}
INLINE vfloat value(packet p, int part) { return load(p, 0); }
// A store between loads from the same place in other tensors holds these up, so stores come last.
#define SENDS_LATE 1
typedef vfloat outgoing;
INLINE void put(outgoing* s, int part, vfloat v) { *s = v; }
INLINE void send(storage* p, int64 i, outgoing s) { store(p, i, s); }
#define word_of(value) 0u
INLINE void hold(packet* s, int part, unsigned words) {}
INLINE void hold_vector(vfloat* v, unsigned words) {}
INLINE int64 after(int64 i, unsigned words) { return i; }

// ---- functions of a vector, lane by lane ----
/// a >= b ? yes : no.
INLINE vfloat where_at_least(vfloat a, float b, vfloat yes, vfloat no) { return a >= b ? yes : no; }
INLINE vfloat above_zero(vfloat a) { return a > 0.0f ? splat(1.0f) : splat(0.0f); }
/// max(a, 0); a NaN stays a NaN.
INLINE vfloat relu(vfloat a) {
#ifdef WIDE
  return (vfloat)_mm512_max_ps(_mm512_setzero_ps(), (__m512)a);
#else
  return a < 0.0f ? splat(0.0f) : a;
#endif
}
INLINE vfloat absolute(vfloat a) { return bits_of<vfloat>(bits_of<vbits>(a) & 0x7fffffffu); }
/// a b + c: in one rounding where the processor does it in one instruction.
INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) {
#ifdef WIDE
  return (vfloat)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(HALF_WIDE)
  return (vfloat)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif LANES == 1 && defined(__FMA__)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}
INLINE vfloat divide(float a, vfloat b) { return a / b; }
#if LANES == 1
INLINE vfloat exponential(vfloat a) { return std::exp(a); }
INLINE float lane_sum(vfloat a) { return a; }
#else
INLINE vfloat exponential(vfloat a) {
  for (int k = 0; k < LANES; ++k) a[k] = std::exp(a[k]);
  return a;
}
INLINE float lane_sum(vfloat a) {
  float s = 0;
  for (int k = 0; k < LANES; ++k) s += a[k];
  return s;
}
#endif
INLINE vfloat square_root(vfloat a) {
#if LANES == 1
  return std::sqrt(a);
#else
  for (int k = 0; k < LANES; ++k) a[k] = std::sqrt(a[k]);
  return a;
#endif
}

// ---- lanes that are not channels ----
/// Lane k is p[i + k stride].
INLINE vfloat load_strided(const float* p, int64 i, int64 stride) {
#if LANES == 1
  return p[i];
#else
  vfloat v;
  for (int k = 0; k < LANES; ++k) v[k] = p[i + k * stride];
  return v;
#endif
}
INLINE void store_strided(float* p, int64 i, int64 stride, vfloat v) {
#if LANES == 1
  p[i] = v;
#else
  for (int k = 0; k < LANES; ++k) p[i + k * stride] = v[k];
#endif
}
/// The numbers that the bytes are.
INLINE vfloat load_bytes(const uchar* p, int64 i) {
#if LANES == 1
  return p[i];
#else
  typedef uchar bytes __attribute__((vector_size(LANES)));
  bytes b;
  std::memcpy(&b, p + i, sizeof b);
  return CONVERT(b, vfloat);
#endif
}
/// The bytes that the numbers, whole and from 0 to 255, are.
INLINE void store_bytes(uchar* p, int64 i, vfloat v) {
#if LANES == 1
  p[i] = (uchar)v;
#else
  typedef uchar bytes __attribute__((vector_size(LANES)));
  const bytes b = CONVERT(CONVERT(v, vbits), bytes);
  std::memcpy(p + i, &b, sizeof b);
#endif
}
/// The bits of the lanes from i on: 1 where a number is not 0.
INLINE void store_bits(uchar* p, int64 i, vfloat v) {
#ifdef WIDE
  const uint16_t bits = _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
  std::memcpy(p + i / PACKED_LANES, &bits, sizeof bits);
#elif LANES == 1
  p[i] = v != 0;
#else
  for (int first = 0; first < LANES; first += PACKED_LANES) {
    unsigned bits = 0;
    for (int k = 0; k < PACKED_LANES; ++k) bits |= (v[first + k] != 0 ? 1u : 0u) << k;
    p[(i + first) / PACKED_LANES] = bits;
  }
#endif
}
/// The numbers, 0 or 1, that the bits are.
INLINE vfloat load_bits(const uchar* p, int64 i) {
#ifdef WIDE
  uint16_t bits;
  std::memcpy(&bits, p + i / PACKED_LANES, sizeof bits);
  return (vfloat)_mm512_maskz_mov_ps(bits, _mm512_set1_ps(1.0f));
#elif LANES == 1
  return p[i];
#else
  vfloat v;
  for (int k = 0; k < LANES; ++k) v[k] = p[(i + k) / PACKED_LANES] >> k % PACKED_LANES & 1;
  return v;
#endif
}
/// What was sent, packed.
INLINE void send_bits(uchar* p, int64 i, outgoing s) { store_bits(p, i, s); }
INLINE void send_bytes(uchar* p, int64 i, outgoing s) { store_bytes(p, i, s); }
/// a > b ? yes : no.
INLINE vfloat where_more(vfloat a, vfloat b, vfloat yes, vfloat no) { return a > b ? yes : no; }
/// a > b, or a is a NaN ? yes : no.
INLINE vfloat where_more_or_nan(vfloat a, vfloat b, vfloat yes, vfloat no) {
  return (a > b) | (a != a) ? yes : no;
}
/// a == b ? yes : no.
INLINE vfloat where_equal(vfloat a, float b, vfloat yes, vfloat no) { return a == b ? yes : no; }
/// e^a to two units in the last place, 0 where a float32 with all its digits is not that small. With a =
/// n log 2 + r it is 2^n e^r, and e^r the polynomial of S. Moshier's Cephes library.
INLINE vfloat lane_exp(vfloat a) {
#if LANES == 1
  return std::exp(a);
#else
  const float least = -87.3365448f;
  const vfloat x = a < least ? splat(least) : a > 88.3762626f ? splat(88.3762626f) : a;
  // Adding 3 2^22 rounds to a whole number, which the lowest bits then are.
  const vfloat shifted = multiply_add(x, splat(1.44269504f), splat(12582912.0f));
  const vfloat n = shifted - 12582912.0f;
  const vfloat r = multiply_add(n, splat(2.12194440e-4f), multiply_add(n, splat(-0.693359375f), x));
  vfloat e = splat(1.9875691500e-4f);
  e = multiply_add(e, r, splat(1.3981999507e-3f));
  e = multiply_add(e, r, splat(8.3334519073e-3f));
  e = multiply_add(e, r, splat(4.1665795894e-2f));
  e = multiply_add(e, r, splat(1.6666665459e-1f));
  e = multiply_add(e, r, splat(5.0000001201e-1f));
  e = multiply_add(e, r * r, r + 1.0f);
  const vfloat result = bits_of<vfloat>(bits_of<vbits>(e) + (bits_of<vbits>(shifted) << 23));
  return a < least ? splat(0.0f) : a == a ? result : a;
#endif
}
INLINE vfloat lane_log(vfloat a) {
#if LANES == 1
  return std::log(a);
#else
  for (int k = 0; k < LANES; ++k) a[k] = std::log(a[k]);
  return a;
#endif
}
INLINE float scalar_exp(float a) { return std::exp(a); }
INLINE float scalar_log(float a) { return std::log(a); }
INLINE float scalar_sqrt(float a) { return std::sqrt(a); }
