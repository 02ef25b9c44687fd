// Stand-ins for CUDA's libraries on a machine without a GPU: libcuda.so.1, libcublas.so.12,
// libcudnn.so.9 and libnccl.so.2 with the functions that the product calls, and an nvcc. They do the work
// on the processor, and they are stricter than a GPU:
//
//  - Device memory lies between pages that nobody may touch and is given out full of NaNs; what is
//    freed may never be touched again (memory.cpp).
//  - Nothing submitted to a stream runs before somebody waits, and then in an order that no event
//    forbids but nobody expects (streams.cpp).
//  - A capture records, over several streams too, a graph replays, and what would break a capture on
//    a GPU breaks it here. Operations of a graph that may run at the same time must not touch the same
//    memory, unless all of them read it (graphs.cpp).
//  - Kernels are the product's sources, compiled by the stand-in nvcc and run thread by thread, in
//    warps where they shuffle (cuda_on_host.h, cuda_warps.h).
//  - Ranks that train together are processes, which have to ask for the same sums (nccl.cpp).
//
// What a correct program never does (bad pointers, wrong contexts, use after free, leaks) aborts
// the process with the name of the call. Settings, from the environment:
//
//   HOSTCUDA_DEVICES=1       how many devices there are; with 0, cuInit finds none
//   HOSTCUDA_MEMORY=bytes    memory of each, 4 GiB if not given
//   HOSTCUDA_ORDER=mixed     when somebody waits for a stream, the others run as late as they may
//                            (late), as early as they may (early), or now so, now so (mixed); in a
//                            graph, what was captured late or early
//   HOSTCUDA_NCCL_SECONDS=60 how long a rank waits for another one before it aborts
//   HOSTCUDA_CAPTURE=fail    every capture ends as an invalid one
//   HOSTCUDA_LEAKS=0         a process may end, or close a context, with objects left open
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda_abi.h"

// What one stand-in offers the others.
#define HOSTCUDA_SHARED __attribute__((visibility("default")))

namespace hostcuda {

struct Context;

/// HOSTCUDA_name from the environment, or the default.
HOSTCUDA_SHARED std::string setting(const char* name, const char* otherwise);

/// Ends the process with the call that is running, the operation in it, and this message.
[[noreturn]] HOSTCUDA_SHARED void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

/// A call into a stand-in while it lasts: one at a time, named in every message.
class HOSTCUDA_SHARED Call {
 public:
  enum Needs { NOTHING, CURRENT_CONTEXT };
  explicit Call(const char* name, Needs needs = CURRENT_CONTEXT);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  const char* outer_;
};

/// What a handle stands for. Handles are numbers that are never used twice, so that one used after
/// its end is told from one that never was.
struct HOSTCUDA_SHARED Object {
  virtual ~Object();
  const char* kind = nullptr;
  uint64_t serial = 0;         // counts all objects
  Context* context = nullptr;    // null: none, it belongs to the process
};

/// Makes the object known and returns its handle. In a context it must be released before that is.
HOSTCUDA_SHARED void* adopt(const char* kind, std::unique_ptr<Object> object, bool in_context);
/// The object of a handle; fails if there is none of this kind, or it is of another context.
HOSTCUDA_SHARED Object& lookup(const char* kind, const void* handle);
HOSTCUDA_SHARED void release(const char* kind, const void* handle);

template <class T>
T& get(const void* handle) {
  return static_cast<T&>(lookup(T::KIND, handle));
}

/// Device memory that an operation touches; bytes = 0: how much is not known, the address is looked at.
struct Region {
  CUdeviceptr address;
  size_t bytes;
  std::string what;
  bool written = false;
};

struct Operation {
  std::string name;
  std::vector<Region> regions;
  std::function<void()> run;
};

/// Checks the regions now, and puts the operation at the end of the stream or into its capture; the
/// regions are checked again when it runs.
HOSTCUDA_SHARED CUresult submit(CUstream stream, Operation operation);
/// Whether what is submitted to the stream is recorded.
HOSTCUDA_SHARED bool is_capturing(CUstream stream);
/// For calls that a capture of the stream does not survive: breaks it and returns true.
HOSTCUDA_SHARED bool break_capture(CUstream stream);

}  // namespace hostcuda
