// Calls kernels as the product does: host kernels by their exported (arguments, begin, end), CUDA
// kernels over a grid. Types are checked here, which void** would not do.
#pragma once
#if HOSTCUDA
#define HOSTCUDA_WARPS
#include "hostcuda/cuda_on_host.h"
#endif
#include "kernels.h"

#include <cstdlib>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// What a kernel's loop runs over: n items, rows x columns, or n items of a warp or a block each.
struct Extent {
  enum Kind { ITEMS, MATRIX, GROUPS } kind;
  int64 rows, columns;
};
inline Extent items(int64 n) { return {Extent::ITEMS, n, 0}; }
inline Extent matrix(int64 rows, int64 columns) { return {Extent::MATRIX, rows, columns}; }

// Twins work in groups where the portable kernels have an item.
#if TWINS
inline Extent each(int64 n) { return {Extent::GROUPS, n, 0}; }
#else
inline Extent each(int64 n) { return items(n); }
#endif

#ifdef __CUDACC__
/// A small grid, so that every thread's loop also takes the stride.
inline dim3 grid_of(Extent e) { return e.kind == Extent::MATRIX ? dim3{2, 3, 1} : dim3{3, 1, 1}; }
inline dim3 block_of(Extent e) {
  return e.kind == Extent::MATRIX ? dim3{8, 4, 1} : dim3{e.kind == Extent::ITEMS ? 32u : BLOCK, 1, 1};
}

#if HOSTCUDA
// The text for a GPU, run on the processor: see hostcuda/cuda_on_host.h.
template <class... A>
class Kernel {
 public:
  explicit Kernel(void (*entry)(A...)) : entry_(entry) {}

  void operator()(Extent extent, A... a) const {
    gridDim = grid_of(extent);
    blockDim = block_of(extent);
    hostcuda::for_each_block([&] { hostcuda::run_block("under test", [&] { entry_(a...); }); });
  }

 private:
  void (*entry_)(A...);
};

inline void* allocate(size_t bytes) { return std::malloc(bytes); }
inline void release(void* p) { std::free(p); }
#else
inline void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

// Every buffer lies twice, on the host and on the device, and a launch takes all of them there and
// back: the tests see plain memory, and compute-sanitizer each buffer's own bounds.
struct Mirror {
  size_t bytes;
  void* device;
};
inline std::map<char*, Mirror>& mirrors() {
  static std::map<char*, Mirror> all;
  return all;
}

template <class T>
inline T on_device(T value) {
  return value;
}
template <class T>
inline T* on_device(T* p) {
  if (!p) return p;
  char* host = const_cast<char*>(reinterpret_cast<const char*>(p));
  const auto& mirror = *std::prev(mirrors().upper_bound(host));
  return reinterpret_cast<T*>(static_cast<char*>(mirror.second.device) + (host - mirror.first));
}

template <class... A>
class Kernel {
 public:
  explicit Kernel(void (*entry)(A...)) : entry_(entry) {}

  void operator()(Extent extent, A... a) const {
    ((a = on_device(a)), ...);
    void* arguments[] = {&a...};
    for (const auto& m : mirrors()) check(cudaMemcpy(m.second.device, m.first, m.second.bytes, cudaMemcpyDefault));
    check(cudaLaunchKernel(reinterpret_cast<const void*>(entry_), grid_of(extent), block_of(extent), arguments, 0,
                           nullptr));
    check(cudaDeviceSynchronize());
    for (const auto& m : mirrors()) check(cudaMemcpy(m.first, m.second.device, m.second.bytes, cudaMemcpyDefault));
  }

 private:
  void (*entry_)(A...);
};

inline void* allocate(size_t bytes) {
  // Nothing has an address here too, and one of its own.
  char* host = static_cast<char*>(std::malloc(bytes > 0 ? bytes : 1));
  void* device = nullptr;
  check(cudaMalloc(&device, bytes > 0 ? bytes : 1));
  mirrors()[host] = {bytes, device};
  return host;
}
inline void release(void* p) {
  if (!p) return;
  cudaFree(mirrors().at(static_cast<char*>(p)).device);
  mirrors().erase(static_cast<char*>(p));
  std::free(p);
}
#endif
#define KERNEL_OF(name) Kernel{name}
#else
template <class... A>
class Kernel {
 public:
  using Entry = void (*)(void**, int64, int64);

  /// The second argument only tells the types behind the first.
  Kernel(Entry entry, void (*)(int64, int64, A...)) : entry_(entry) {}

  void operator()(Extent extent, A... a) const {
    void* arguments[] = {&a...};
    // Two ranges, so that one that does not start at 0 is always among them.
    const int64 middle = extent.rows / 3;
    entry_(arguments, 0, middle);
    entry_(arguments, middle, extent.rows);
  }

 private:
  Entry entry_;
};
#define KERNEL_OF(name) Kernel{name, name##_range}

#if STREAM
// Stores past the caches want whole vectors' alignment, which the product's memory has.
inline void* allocate(size_t bytes) {
  void* p = nullptr;
  return posix_memalign(&p, 64, bytes) == 0 ? p : nullptr;
}
#else
inline void* allocate(size_t bytes) { return std::malloc(bytes); }
#endif
inline void release(void* p) { std::free(p); }
#endif

/// n elements, not one byte more, so that a sanitizer sees an overrun. They start as NaN (-1 for
/// integers): what a kernel should have assigned but did not shows.
template <class T>
class Buffer {
 public:
  explicit Buffer(size_t n) : n_(n), data_(static_cast<T*>(allocate(n * sizeof(T)))) {
    if (!data_) throw std::bad_alloc();
    std::memset(static_cast<void*>(data_), 0xff, n * sizeof(T));
  }
  Buffer(std::initializer_list<T> values) : Buffer(values.size()) {
    size_t i = 0;
    for (T v : values) data_[i++] = v;
  }
  Buffer(Buffer&& other) noexcept : n_(other.n_), data_(std::exchange(other.data_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(n_, other.n_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Buffer() { release(data_); }

  size_t size() const { return n_; }
  T* data() const { return data_; }
  T& operator[](size_t i) const { return data_[i]; }

 private:
  size_t n_;
  T* data_;
};
