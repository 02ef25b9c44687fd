// The dialect all kernels are written in: CUDA C++, OpenCL C and host C++ from one text.
//
// A kernel is KERNEL(name, parameters...) { body }, and its body is one of two loops:
//
//   FOR_EACH(i, n)                                     over n items
//   FOR_EACH_ROW(r, rows) FOR_EACH_COLUMN(c, columns)  over a matrix of items
//
// On a GPU they are grid-stride loops (columns along x, so that neighbouring threads touch
// neighbouring memory); on the host the items or rows are shared out among the threads, a
// contiguous range each. These kernels are free of barriers, atomics and shared memory, so every
// result is the same on every run (and so it is of their twins in cuda/, see group.h). A host kernel
// is exported as
//
//   void name(void** arguments, int64 begin, int64 end)
//
// with the calling convention of cuLaunchKernel: one pointer to each argument.
//
// Specialisation, by -D:
//   STORAGE  STORAGE_FLOAT | STORAGE_HALF | STORAGE_BFLOAT16   type of activations in memory
//   LANES    neighbouring channels one item works on; must divide the innermost dimension
//
// BLOCKS, defined before a kernel, is how many blocks of it a GPU's multiprocessor is to hold at least:
// its registers are kept as few as that needs.
//
// Arithmetic is always float32, in vectors of LANES floats (vfloat). The compiler never contracts a
// product and a sum (-ffp-contract=off, --fmad=false, FP_CONTRACT OFF); where one rounding is meant,
// multiply_add says so. Only surrogates, which are a choice, may be off by last bits (divide,
// exponential, where a GPU is quicker so). A spike is a comparison, and the backward pass, which recomputes it, has to
// find the same one.
#pragma once

#define STORAGE_FLOAT 0
#define STORAGE_HALF 1
#define STORAGE_BFLOAT16 2
#ifndef STORAGE
#define STORAGE STORAGE_FLOAT
#endif
#ifndef LANES
#define LANES 1
#endif
#ifndef BLOCKS
#define BLOCKS 1
#endif

// Lanes that share a byte where each is a bit, the first of them the lowest.
#define PACKED_LANES (LANES < 8 ? LANES : 8)

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

#if defined(__OPENCL_VERSION__)
#include "portable_opencl.h"
#elif defined(__CUDACC__) || defined(__CUDACC_RTC__)
#include "portable_cuda.h"
#else
#include "portable_host.h"
#endif

INLINE bool is_finite(float a) { return a >= -3.402823466e38f && a <= 3.402823466e38f; }
