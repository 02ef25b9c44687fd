// libcudnn.so.9, its handle and its older calls: convolution forward, data gradient and weight
// gradient, channels last.
#include <algorithm>

#include "convolution.h"

using namespace hostcuda;
using namespace hostcuda::cudnn;

namespace {

enum : int { NHWC = 1 };

/// n, h, w, c of a tensor; k, h, w, c of a filter.
struct Shape : Object {
  Type type = Type::FLOAT;
  int n = 0, h = 0, w = 0, c = 0;

  size_t count() const { return size_t(n) * h * w * c; }
  size_t bytes() const { return count() * size_of(type); }
  bool is(int n2, int h2, int w2, int c2) const { return n == n2 && h == h2 && w == w2 && c == c2; }
};
struct Tensor : Shape {
  static constexpr const char* KIND = "tensor descriptor";
};
struct Filter : Shape {
  static constexpr const char* KIND = "filter descriptor";
};
struct Convolution : Object {
  static constexpr const char* KIND = "convolution descriptor";
  int pad_h = 0, pad_w = 0, stride_h = 0, stride_w = 0, dilation_h = 0, dilation_w = 0, groups = 1;
  int math = 0;
};

Status problem(const Tensor& x, const Filter& filter, const Convolution& convolution, const Tensor& y,
               Problem* out) {
  const Convolution& v = convolution;
  if (!x.count() || !filter.count() || !y.count() || !v.stride_h) return BAD_PARAM;
  if (x.type != filter.type || x.type != y.type) return NOT_SUPPORTED;
  if (v.stride_h > 3) return NOT_SUPPORTED;  // so that there is something they refuse
  if (x.c % v.groups || filter.n % v.groups || filter.c != x.c / v.groups) return BAD_PARAM;
  *out = {x.type, x.n,     x.h,     x.w,        x.c,        filter.n,     filter.h,     filter.w, y.h,
          y.w,    v.pad_h, v.pad_w, v.stride_h, v.stride_w, v.dilation_h, v.dilation_w, v.groups};
  return out->consistent() && y.n == x.n && y.c == filter.n ? SUCCESS : BAD_PARAM;
}

Status run(Kind kind, void* handle, const Problem& o, const Operands& at, const void* alpha, const void* beta,
           size_t bytes) {
  if (!alpha || !beta) return BAD_PARAM;
  if (bytes < o.workspace()) return BAD_PARAM;
  const float by = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  return enqueue(kind, get<Handle>(handle), o, at, o.workspace(), [=] { compute(kind, o, at, by, keep); });
}

bool set(Shape* shape, int data_type, int format, int n, int c, int h, int w) {
  if (!type_of(data_type, &shape->type)) return false;
  if (format != NHWC || n < 1 || c < 1 || h < 1 || w < 1) return false;
  shape->n = n, shape->c = c, shape->h = h, shape->w = w;
  return true;
}

template <class T>
Status make(void** descriptor, bool in_context) {
  *descriptor = adopt(T::KIND, std::make_unique<T>(), in_context);
  return SUCCESS;
}

template <class T>
Status destroy(void* descriptor) {
  release(T::KIND, descriptor);
  return SUCCESS;
}

#define PROBLEM(x, filter, convolution, y)                                                \
  Problem o;                                                                              \
  const Convolution& v = get<Convolution>(convolution);                                   \
  if (const Status bad = problem(get<Tensor>(x), get<Filter>(filter), v, get<Tensor>(y), &o)) return bad

}  // namespace

CUDA_API Status cudnnCreate(void** handle) {
  Call call(__func__);
  return make<Handle>(handle, true);
}
CUDA_API Status cudnnDestroy(void* handle) {
  Call call(__func__);
  return destroy<Handle>(handle);
}
CUDA_API Status cudnnSetStream(void* handle, CUstream stream) {
  Call call(__func__);
  get<Handle>(handle).stream = stream;
  return SUCCESS;
}
CUDA_API size_t cudnnGetVersion() { return 90500; }

// Of the stand-in for cuBLAS.
CUDA_API size_t cudnnGetCudartVersion() { return 12060; }

CUDA_API const char* cudnnGetErrorString(Status status) {
#define NAMED(name) case name: return "CUDNN_STATUS_" #name
  switch (status) {
    NAMED(SUCCESS);
    NAMED(BAD_PARAM);
    NAMED(BAD_PARAM_NULL_POINTER);
    NAMED(BAD_PARAM_MISALIGNED_POINTER);
    NAMED(BAD_PARAM_NOT_FINALIZED);
    NAMED(BAD_PARAM_SIZE_INSUFFICIENT);
    NAMED(BAD_PARAM_SHAPE_MISMATCH);
    NAMED(BAD_PARAM_ATTRIBUTE_TYPE);
    NAMED(NOT_SUPPORTED);
    NAMED(NOT_SUPPORTED_GRAPH_PATTERN);
    NAMED(NOT_SUPPORTED_LAYOUT);
    NAMED(EXECUTION_FAILED);
  }
  return "CUDNN_UNKNOWN_STATUS";
}

CUDA_API Status cudnnCreateTensorDescriptor(void** descriptor) {
  Call call(__func__, Call::NOTHING);
  return make<Tensor>(descriptor, false);
}
CUDA_API Status cudnnDestroyTensorDescriptor(void* descriptor) {
  Call call(__func__, Call::NOTHING);
  return destroy<Tensor>(descriptor);
}
CUDA_API Status cudnnSetTensor4dDescriptor(void* descriptor, int format, int type, int n, int c, int h,
                                           int w) {
  Call call(__func__, Call::NOTHING);
  return set(&get<Tensor>(descriptor), type, format, n, c, h, w) ? SUCCESS : BAD_PARAM;
}

CUDA_API Status cudnnCreateFilterDescriptor(void** descriptor) {
  Call call(__func__, Call::NOTHING);
  return make<Filter>(descriptor, false);
}
CUDA_API Status cudnnDestroyFilterDescriptor(void* descriptor) {
  Call call(__func__, Call::NOTHING);
  return destroy<Filter>(descriptor);
}
CUDA_API Status cudnnSetFilter4dDescriptor(void* descriptor, int type, int format, int k, int c, int h,
                                           int w) {
  Call call(__func__, Call::NOTHING);
  return set(&get<Filter>(descriptor), type, format, k, c, h, w) ? SUCCESS : BAD_PARAM;
}

CUDA_API Status cudnnCreateConvolutionDescriptor(void** descriptor) {
  Call call(__func__, Call::NOTHING);
  return make<Convolution>(descriptor, false);
}
CUDA_API Status cudnnDestroyConvolutionDescriptor(void* descriptor) {
  Call call(__func__, Call::NOTHING);
  return destroy<Convolution>(descriptor);
}
CUDA_API Status cudnnSetConvolution2dDescriptor(void* descriptor, int pad_h, int pad_w, int stride_h,
                                                int stride_w, int dilation_h, int dilation_w, int mode,
                                                int compute_type) {
  Call call(__func__, Call::NOTHING);
  Convolution& v = get<Convolution>(descriptor);
  if (pad_h < 0 || pad_w < 0 || stride_h < 1 || stride_w < 1 || dilation_h < 1 || dilation_w < 1) {
    return BAD_PARAM;
  }
  if (mode != CROSS_CORRELATION || compute_type != DATA_FLOAT) return NOT_SUPPORTED;
  v.pad_h = pad_h, v.pad_w = pad_w, v.stride_h = stride_h, v.stride_w = stride_w;
  v.dilation_h = dilation_h, v.dilation_w = dilation_w;
  return SUCCESS;
}
CUDA_API Status cudnnSetConvolutionMathType(void* descriptor, int math) {
  Call call(__func__, Call::NOTHING);
  if (math < 0 || math > 3) return BAD_PARAM;
  get<Convolution>(descriptor).math = math;
  return SUCCESS;
}
CUDA_API Status cudnnSetConvolutionGroupCount(void* descriptor, int groups) {
  Call call(__func__, Call::NOTHING);
  if (groups < 1) return BAD_PARAM;
  get<Convolution>(descriptor).groups = groups;
  return SUCCESS;
}

// The three kinds differ in the order of their parameters only.
CUDA_API Status cudnnGetConvolutionForwardWorkspaceSize(void* handle, void* x, void* w, void* convolution,
                                                        void* y, int, size_t* bytes) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  *bytes = o.workspace();
  return SUCCESS;
}
CUDA_API Status cudnnGetConvolutionBackwardDataWorkspaceSize(void* handle, void* w, void* y,
                                                             void* convolution, void* x, int,
                                                             size_t* bytes) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  *bytes = o.workspace();
  return SUCCESS;
}
CUDA_API Status cudnnGetConvolutionBackwardFilterWorkspaceSize(void* handle, void* x, void* y,
                                                               void* convolution, void* w, int,
                                                               size_t* bytes) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  *bytes = o.workspace();
  return SUCCESS;
}

CUDA_API Status cudnnConvolutionForward(void* handle, const void* alpha, void* x, CUdeviceptr x_data,
                                        void* w, CUdeviceptr w_data, void* convolution, int,
                                        CUdeviceptr workspace, size_t bytes, const void* beta, void* y,
                                        CUdeviceptr y_data) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return run(Kind::FORWARD, handle, o, {x_data, w_data, y_data, workspace}, alpha, beta, bytes);
}
CUDA_API Status cudnnConvolutionBackwardData(void* handle, const void* alpha, void* w, CUdeviceptr w_data,
                                             void* y, CUdeviceptr y_data, void* convolution, int,
                                             CUdeviceptr workspace, size_t bytes, const void* beta,
                                             void* x, CUdeviceptr x_data) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return run(Kind::DATA, handle, o, {x_data, w_data, y_data, workspace}, alpha, beta, bytes);
}
CUDA_API Status cudnnConvolutionBackwardFilter(void* handle, const void* alpha, void* x,
                                               CUdeviceptr x_data, void* y, CUdeviceptr y_data,
                                               void* convolution, int, CUdeviceptr workspace,
                                               size_t bytes, const void* beta, void* w,
                                               CUdeviceptr w_data) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return run(Kind::WEIGHTS, handle, o, {x_data, w_data, y_data, workspace}, alpha, beta, bytes);
}
