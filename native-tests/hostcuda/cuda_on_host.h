// CUDA C++ for a host compiler: what the stand-in nvcc puts before a kernel's text. A launch runs
// block after block, in any order, and in a block thread after thread; where threads wait for each other, in turns
// (cuda_warps.h).
#pragma once
#include <utility>

#include "conversions.h"
#include "image.h"

// Inlined into the loops over blocks and threads.
#define __global__ inline __attribute__((always_inline))
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)
// Blocks run one after the other.
#define __shared__ static
#define __constant__ static const

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static constexpr int warpSize = 32;

// ---- vectors ----
#define VECTORS(type, name)                                                              \
  struct alignas(2 * sizeof(type)) name##2 { type x, y; };                               \
  struct alignas(4 * sizeof(type) > 16 ? 16 : 4 * sizeof(type)) name##4 { type x, y, z, w; }; \
  static inline name##2 make_##name##2(type x, type y) { return {x, y}; }                \
  static inline name##4 make_##name##4(type x, type y, type z, type w) { return {x, y, z, w}; }
VECTORS(float, float)
VECTORS(int, int)
VECTORS(unsigned, uint)
VECTORS(unsigned short, ushort)
#undef VECTORS

// ---- functions ----
// Declared here, because half the time of a compilation would go into <cmath>.
extern "C" {
float expf(float) noexcept;
float logf(float) noexcept;
float sqrtf(float) noexcept;
float fabsf(float) noexcept;
float floorf(float) noexcept;
float fmaf(float, float, float) noexcept;
float fmaxf(float, float) noexcept;
float fminf(float, float) noexcept;
}
static inline float rsqrtf(float f) { return 1.0f / sqrtf(f); }
static inline float __uint_as_float(unsigned b) { return __builtin_bit_cast(float, b); }
static inline unsigned __float_as_uint(float f) { return __builtin_bit_cast(unsigned, f); }
static inline float __int_as_float(int b) { return __builtin_bit_cast(float, b); }
static inline int __float_as_int(float f) { return __builtin_bit_cast(int, f); }
static inline int min(int a, int b) { return a < b ? a : b; }
static inline int max(int a, int b) { return a > b ? a : b; }
static inline long long min(long long a, long long b) { return a < b ? a : b; }
static inline long long max(long long a, long long b) { return a > b ? a : b; }
static inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
static inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
static inline int __popc(unsigned b) { return __builtin_popcount(b); }

// Loads and stores with a hint for the caches.
#define LOAD(name) \
  template <class T> static inline T name(const T* p) { return *p; }
#define STORE(name) \
  template <class T> static inline void name(T* p, T v) { *p = v; }
LOAD(__ldg) LOAD(__ldca) LOAD(__ldcg) LOAD(__ldcs) LOAD(__ldlu) LOAD(__ldcv)
STORE(__stwb) STORE(__stcg) STORE(__stcs) STORE(__stwt)
#undef LOAD
#undef STORE

// What blocks do to each other, one after the other here.
static inline unsigned atomicInc(unsigned* p, unsigned most) {
  const unsigned old = *p;
  *p = old >= most ? 0 : old + 1;
  return old;
}
static inline void __threadfence() { asm volatile("" ::: "memory"); }

// portable_cuda.h's instructions of a GPU.
using hostcuda::half_to_float;
static inline unsigned floats_to_bfloat16(float low, float high) {
  return hostcuda::float_to_bfloat16(low) | unsigned(hostcuda::float_to_bfloat16(high)) << 16;
}
static inline unsigned floats_to_half(float low, float high) {
  return hostcuda::float_to_half(low) | unsigned(hostcuda::float_to_half(high)) << 16;
}
static inline float larger(float a, float b) { return a < b || b != b ? b : a; }
static inline float reciprocal(float a) { return 1.0f / a; }
static inline float quick_exp(float a) { return expf(a); }
template <class T>
static inline T load_ahead(const T* p) { return *p; }
template <class T>
static inline void store_whole(T* p, T v) { *p = v; }

// ---- launches ----
#ifdef HOSTCUDA_WARPS
#include "cuda_warps.h"
#else
namespace hostcuda {
/// Runs the kernel as every thread of a block.
template <class Thread>
inline void run_block(const char*, const Thread& thread) {
  for (threadIdx.z = 0; threadIdx.z < blockDim.z; ++threadIdx.z) {
    for (threadIdx.y = 0; threadIdx.y < blockDim.y; ++threadIdx.y) {
      for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x) thread();
    }
  }
}
}  // namespace hostcuda
#endif

namespace hostcuda {

template <class T>
constexpr HostcudaParameter parameter_of(T*) {
  return {sizeof(T), false, false};
}
template <class T>
constexpr HostcudaParameter parameter_of(T**) {
  return {sizeof(T*), true, true};
}
template <class T>
constexpr HostcudaParameter parameter_of(const T**) {
  return {sizeof(T*), true, false};
}
template <class... A>
struct Parameters {
  static constexpr HostcudaParameter LIST[] = {parameter_of(static_cast<A*>(nullptr))..., {0, false, false}};
};

/// block() for every block of the grid. Their order is nobody's to rely on: it is another one with every
/// launch, from the first to the last, or the reverse, or about every third.
template <class Block>
inline void for_each_block(const Block& block) {
  static unsigned launches = 0;
  const unsigned long long count = 1ull * gridDim.x * gridDim.y * gridDim.z;
  const unsigned kind = launches++ % 3;
  // A step that has no factor in common with the count comes to each once.
  const unsigned long long step = kind == 2 ? count / 3 * 3 == count ? count - 1 : 3 : 1;
  for (unsigned long long i = 0, at = 0; i < count; ++i, at = (at + step) % count) {
    const unsigned long long b = kind == 1 ? count - 1 - at : at;
    blockIdx = {unsigned(b % gridDim.x), unsigned(b / gridDim.x % gridDim.y), unsigned(b / gridDim.x / gridDim.y)};
    block();
  }
}

template <class Kernel, class... A>
struct Launch {
  static void run_grid(A... arguments) {
    for_each_block([=] { run_block(Kernel::NAME, [=] { Kernel::call(arguments...); }); });
  }
  template <std::size_t... I>
  static void unpack(void** arguments, std::index_sequence<I...>) {
    run_grid(*static_cast<A*>(arguments[I])...);
  }
  static void run(void** arguments, const unsigned grid[3], const unsigned block[3]) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    unpack(arguments, std::index_sequence_for<A...>());
  }
};

template <class Kernel, class... A>
constexpr HostcudaKernel describe(void (*)(A...), unsigned max_threads) {
  return {sizeof...(A), max_threads, Parameters<A...>::LIST, Launch<Kernel, A...>::run};
}

}  // namespace hostcuda

// Exports a kernel; the stand-in nvcc adds one line of these for each.
#define HOSTCUDA_KERNEL(name, max_threads)                                               \
  struct hostcuda_call_##name {                                                          \
    static constexpr const char* NAME = #name;                                           \
    template <class... A>                                                                \
    static inline __attribute__((always_inline)) void call(A... arguments) {             \
      name(arguments...);                                                                \
    }                                                                                    \
  };                                                                                     \
  extern "C" __attribute__((visibility("default"))) constexpr HostcudaKernel             \
      hostcuda_kernel_##name = hostcuda::describe<hostcuda_call_##name>(                 \
          static_cast<decltype(&name)>(nullptr), max_threads);
