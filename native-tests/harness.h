// Calls kernels as the product does: host kernels by their exported (arguments, begin, end), CUDA
// kernels by cudaLaunchKernel over a 2-D grid. Types are checked here, which void** would not do.
#pragma once
#include "../kernels/portable.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

/// What a kernel's loop runs over: n items, or rows x columns.
struct Extent {
  int64 rows, columns;
};
inline Extent items(int64 n) { return {n, 0}; }
inline Extent matrix(int64 rows, int64 columns) { return {rows, columns}; }

#ifdef __CUDACC__
inline void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

template <class... A>
class Kernel {
 public:
  explicit Kernel(void (*entry)(A...)) : entry_(entry) {}

  void operator()(Extent extent, A... a) const {
    void* arguments[] = {&a...};
    // A small grid, so that every thread's loop also takes the stride.
    const bool is_matrix = extent.columns > 0;
    const dim3 block = is_matrix ? dim3(8, 4) : dim3(32), grid = is_matrix ? dim3(2, 3) : dim3(3);
    check(cudaLaunchKernel(reinterpret_cast<const void*>(entry_), grid, block, arguments, 0, nullptr));
    check(cudaDeviceSynchronize());
  }

 private:
  void (*entry_)(A...);
};
#define KERNEL_OF(name) Kernel{name}

inline void* allocate(size_t bytes) {
  void* p = nullptr;
  // Nothing has an address here either, which cudaMallocManaged would refuse.
  check(cudaMallocManaged(&p, bytes > 0 ? bytes : 1));
  return p;
}
inline void release(void* p) { cudaFree(p); }
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
