// What both halves of libcudnn.so.9 compute: the three products of a convolution, channels last.
#pragma once
#include "hostcuda.h"
#include "numbers.h"

namespace hostcuda::cudnn {

enum Status : int {
  SUCCESS = 0,
  BAD_PARAM = 2000,
  BAD_PARAM_NULL_POINTER = 2002,
  BAD_PARAM_MISALIGNED_POINTER = 2003,
  BAD_PARAM_NOT_FINALIZED = 2004,
  BAD_PARAM_SIZE_INSUFFICIENT = 2006,
  BAD_PARAM_SHAPE_MISMATCH = 2008,
  BAD_PARAM_ATTRIBUTE_TYPE = 2010,
  NOT_SUPPORTED = 3000,
  NOT_SUPPORTED_GRAPH_PATTERN = 3001,
  NOT_SUPPORTED_LAYOUT = 3004,
  EXECUTION_FAILED = 5000,
};
enum : int { DATA_FLOAT = 0, DATA_HALF = 2, DATA_BFLOAT16 = 9 };
enum : int { CROSS_CORRELATION = 1 };
/// False if the stand-in has no such cudnnDataType_t.
bool type_of(int data_type, Type* type);

struct Handle : Object {
  static constexpr const char* KIND = "cuDNN handle";
  CUstream stream = nullptr;
};

enum class Kind { FORWARD, DATA, WEIGHTS };

/// The sizes of one convolution; x [n, h, w, c], filter [k, r, s, c / groups], y [n, p, q, k].
struct Problem {
  Type type;
  int n, h, w, c, k, r, s, p, q;
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;

  /// Whether the sides of y are what the others make them.
  bool consistent() const;
  size_t x_bytes() const { return size_t(n) * h * w * c * size_of(type); }
  size_t w_bytes() const { return size_t(k) * r * s * (c / groups) * size_of(type); }
  size_t y_bytes() const { return size_t(n) * p * q * k * size_of(type); }
  /// Any number does, if it is not zero.
  size_t workspace() const { return (y_bytes() + 1023) / 256 * 256; }
};

/// The device addresses of one call.
struct Operands {
  CUdeviceptr x, w, y, workspace;
};

/// output = alpha product + beta output, now.
void compute(Kind kind, const Problem& problem, const Operands& at, float alpha, float beta);
/// Submits work on all of the operands and so many bytes of workspace, which it leaves full of anything.
Status enqueue(Kind kind, const Handle& handle, const Problem& problem, const Operands& at, size_t workspace,
               std::function<void()> work);

}  // namespace hostcuda::cudnn
