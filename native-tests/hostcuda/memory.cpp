// Device memory and pinned host memory.
//
// Every allocation has pages of its own, with a forbidden page before and after, and ends as near to
// the one after as its alignment of 256 bytes allows; the bytes that are left over hold a pattern
// that is looked at after every operation and when the memory is freed. It is given out full of
// 0xff, a NaN in every floating-point type. Freed pages are forbidden for good.
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "driver.h"

namespace hostcuda {
namespace {

constexpr size_t PAGE = 4096, ALIGNMENT = 256;
constexpr unsigned char PATTERN = 0xc5, UNWRITTEN = 0xff;

size_t round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }

void require_pattern(const char* from, const char* to, const Allocation& allocation, const char* what,
                     const char* side) {
  for (const char* p = from; p < to; ++p) {
    if (static_cast<unsigned char>(*p) != PATTERN) {
      fail("somebody wrote at %p, %s %s %p of %zu bytes", p, side, what, allocation.base,
           allocation.bytes);
    }
  }
}

}  // namespace

Arena::Arena(const char* what, size_t reserve) : what_(what) {
  void* range =
      mmap(nullptr, reserve, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) fail("cannot reserve %zu bytes of addresses for %s", reserve, what);
  begin_ = static_cast<char*>(range);
  end_ = begin_ + reserve;
  next_ = begin_ + PAGE;
}

void* Arena::allocate(size_t bytes) {
  const size_t size = round_up(bytes, ALIGNMENT), mapped = round_up(size, PAGE);
  if (mapped < bytes || mapped + PAGE > size_t(end_ - next_)) return nullptr;
  char* first_page = next_;
  if (mprotect(first_page, mapped, PROT_READ | PROT_WRITE) != 0) return nullptr;
  char* base = first_page + (mapped - size);
  memset(first_page, PATTERN, base - first_page);
  memset(base, UNWRITTEN, bytes);
  memset(base + bytes, PATTERN, size - bytes);
  next_ += mapped + PAGE;
  allocations_[first_page] = {base, bytes, first_page, mapped, false, current_context()};
  return base;
}

void Arena::free(void* base) {
  Allocation* allocation = holds(base) ? nearest(base) : nullptr;
  if (!allocation || allocation->base != base) {
    fail("%p was never given out as %s: %s", base, what_, describe(base).c_str());
  }
  if (allocation->freed) fail("%s %p was freed before", what_, base);
  if (allocation->context != current_context()) {
    fail("%s %p belongs to another context than the current one", what_, base);
  }
  require_intact(*allocation);
  allocation->freed = true;
  mmap(allocation->first_page, allocation->mapped, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

bool Arena::holds(const void* address) const { return address >= begin_ && address < end_; }

Allocation* Arena::nearest(const void* address) {
  auto after = allocations_.upper_bound(static_cast<char*>(const_cast<void*>(address)));
  if (after != allocations_.begin()) return &std::prev(after)->second;
  return after == allocations_.end() ? nullptr : &after->second;
}

Allocation& Arena::require(const void* address, size_t bytes, const char* argument) {
  Allocation* a = holds(address) ? nearest(address) : nullptr;
  const char* p = static_cast<const char*>(address);
  const bool inside = a && p >= a->base && p < a->base + a->bytes;
  if (!inside || bytes > size_t(a->base + a->bytes - p)) {
    fail("%s: %zu bytes at %p are not in %s: %s", argument, bytes, address, what_,
         describe(address).c_str());
  }
  if (a->freed) fail("%s: %p: %s", argument, address, describe(address).c_str());
  if (a->context != current_context()) {
    fail("%s: %p is %s of another context than the current one", argument, address, what_);
  }
  return *a;
}

void Arena::require_intact(const Allocation& a) const {
  require_pattern(a.first_page, a.base, a, what_, "before");
  require_pattern(a.base + a.bytes, a.first_page + a.mapped, a, what_, "after");
}

void Arena::require_all_intact() const {
  for (const auto& [page, allocation] : allocations_) {
    if (!allocation.freed) require_intact(allocation);
  }
}

std::vector<const Allocation*> Arena::open(const Context* context) const {
  std::vector<const Allocation*> open;
  for (const auto& [page, allocation] : allocations_) {
    if (!allocation.freed && allocation.context == context) open.push_back(&allocation);
  }
  return open;
}

std::string Arena::describe(const void* address) {
  char text[200];
  if (!holds(address)) {
    const bool other = device_memory().holds(address) || pinned_memory().holds(address);
    snprintf(text, sizeof text, "it is %s",
             !address ? "null"
             : other  ? (this == &device_memory() ? "pinned host memory" : "device memory")
                      : "ordinary host memory or nothing");
    return text;
  }
  const Allocation* a = nearest(address);
  if (!a) return std::string("there is no ") + what_ + " yet";
  const long offset = static_cast<const char*>(address) - a->base, size = long(a->bytes);
  if (offset < 0) {
    snprintf(text, sizeof text, "%ld bytes before %s %p of %zu bytes", -offset, what_, a->base, a->bytes);
  } else if (offset >= size) {
    snprintf(text, sizeof text, "%ld bytes past the end of %s %p of %zu bytes", offset - size, what_,
             a->base, a->bytes);
  } else {
    snprintf(text, sizeof text, "byte %ld of %s %p of %zu bytes", offset, what_, a->base, a->bytes);
  }
  return std::string(text) + (a->freed ? ", which was freed" : "");
}

Arena& device_memory() {
  static auto* arena = new Arena("device memory", size_t{4} << 40);
  return *arena;
}

Arena& pinned_memory() {
  static auto* arena = new Arena("pinned host memory", size_t{1} << 40);
  return *arena;
}

namespace {

/// A range on the host; pinned memory is checked as memory of its own.
void require_host(const void* host, size_t bytes, const char* argument) {
  if (device_memory().holds(host)) {
    fail("%s: %p is device memory, where host memory belongs", argument, host);
  }
  if (pinned_memory().holds(host)) pinned_memory().require(host, bytes, argument);
}

CUresult to_device(CUdeviceptr to, const void* from, size_t bytes, CUstream stream, bool at_once) {
  require_host(from, bytes, "source");
  Operation operation{"copy to the device", {{to, bytes, "destination", true}}, nullptr};
  if (at_once || pinned_memory().holds(from)) {
    // Pinned memory is read when the copy runs, as on a GPU: a buffer filled anew too early shows.
    operation.run = [=] {
      require_host(from, bytes, "source");
      memcpy(as_pointer(to), from, bytes);
    };
  } else {
    const char* first = static_cast<const char*>(from);
    operation.run = [=, copy = std::vector<char>(first, first + bytes)] {
      memcpy(as_pointer(to), copy.data(), bytes);
    };
  }
  return submit(stream, std::move(operation));
}

CUresult to_host(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  require_host(to, bytes, "destination");
  const CUresult result = submit(stream, {"copy to the host", {{from, bytes, "source"}}, [=] {
                                            require_host(to, bytes, "destination");
                                            memcpy(to, as_pointer(from), bytes);
                                          }});
  if (result != CUDA_SUCCESS || pinned_memory().holds(to) || is_null(stream)) return result;
  Stream& s = get<Stream>(stream);  // to pageable memory, a copy returns when it is done
  wait_for(s, s.submitted);
  return result;
}

CUresult fill(CUdeviceptr to, uint32_t value, size_t size, size_t n, CUstream stream) {
  if (to % size != 0) fail("destination %p is not aligned to %zu bytes", as_pointer(to), size);
  return submit(stream, {"memset", {{to, n * size, "destination", true}}, [=] {
                           if (size == 1) {
                             memset(as_pointer(to), int(value), n);
                           } else {
                             std::fill_n(static_cast<uint32_t*>(as_pointer(to)), n, value);
                           }
                         }});
}

}  // namespace
}  // namespace hostcuda

using namespace hostcuda;

CUDA_API CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  Context* context = current_context();
  if (bytes > memory_of_a_device() - context->used) return CUDA_ERROR_OUT_OF_MEMORY;
  void* memory = device_memory().allocate(bytes);
  if (!memory) return CUDA_ERROR_OUT_OF_MEMORY;
  context->used += bytes;
  *address = reinterpret_cast<CUdeviceptr>(memory);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuMemFree_v2(CUdeviceptr address) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  wait_for_all();
  const Allocation* allocation = device_memory().nearest(as_pointer(address));
  device_memory().free(as_pointer(address));
  current_context()->used -= allocation->bytes;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
  Call call(__func__);
  *total = memory_of_a_device();
  *free = *total - current_context()->used;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuMemHostAlloc(void** host, size_t bytes, unsigned) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (bytes == 0) return CUDA_ERROR_INVALID_VALUE;
  *host = pinned_memory().allocate(bytes);
  return *host ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUDA_API CUresult cuMemFreeHost(void* host) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  wait_for_all();
  pinned_memory().free(host);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  Call call(__func__);
  if (!pinned_memory().holds(from) && break_capture(stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return to_device(to, from, bytes, stream, false);
}

CUDA_API CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call(__func__);
  if (!pinned_memory().holds(to) && break_capture(stream)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return to_host(to, from, bytes, stream);
}

CUDA_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return to_device(to, from, bytes, nullptr, true);
}

CUDA_API CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  return to_host(to, from, bytes, nullptr);
}

CUDA_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  Call call(__func__);
  if (to < from + bytes && from < to + bytes) {
    fail("source %p and destination %p overlap over %zu bytes", as_pointer(from), as_pointer(to), bytes);
  }
  return submit(stream, {"copy on the device", {{from, bytes, "source"}, {to, bytes, "destination"}},
                         [=] { memcpy(as_pointer(to), as_pointer(from), bytes); }});
}

CUDA_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t n, CUstream stream) {
  Call call(__func__);
  return fill(to, value, 1, n, stream);
}

CUDA_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t n, CUstream stream) {
  Call call(__func__);
  return fill(to, value, 4, n, stream);
}
