// libcudnn.so.9: convolution forward, data gradient and weight gradient, channels last.
#include <algorithm>

#include "hostcuda.h"
#include "numbers.h"

using namespace hostcuda;

namespace {

enum Status : int { SUCCESS = 0, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum : int { DATA_FLOAT = 0, DATA_HALF = 2, DATA_BFLOAT16 = 9 };
enum : int { NHWC = 1 };
enum : int { CROSS_CORRELATION = 1 };

struct Handle : Object {
  static constexpr const char* KIND = "cuDNN handle";
  CUstream stream = nullptr;
};
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

enum class Kind { FORWARD, DATA, WEIGHTS };
const char* name_of(Kind kind) {
  return kind == Kind::FORWARD ? "convolution"
         : kind == Kind::DATA  ? "data gradient of a convolution"
                               : "weight gradient of a convolution";
}

/// The sizes of one convolution; x [n, h, w, c], filter [k, r, s, c / groups], y [n, p, q, k].
struct Problem {
  Type type;
  int n, h, w, c, k, r, s, p, q;
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups;

  size_t x_bytes() const { return size_t(n) * h * w * c * size_of(type); }
  size_t w_bytes() const { return size_t(k) * r * s * (c / groups) * size_of(type); }
  size_t y_bytes() const { return size_t(n) * p * q * k * size_of(type); }
  /// Any number does, if it is not zero.
  size_t workspace() const { return (y_bytes() + 1023) / 256 * 256; }
};

Status problem(const Tensor& x, const Filter& filter, const Convolution& convolution, const Tensor& y,
               Problem* out) {
  const Convolution& v = convolution;
  if (!x.count() || !filter.count() || !y.count() || !v.stride_h) return BAD_PARAM;
  if (x.type != filter.type || x.type != y.type) return NOT_SUPPORTED;
  const int p = (x.h + 2 * v.pad_h - v.dilation_h * (filter.h - 1) - 1) / v.stride_h + 1;
  const int q = (x.w + 2 * v.pad_w - v.dilation_w * (filter.w - 1) - 1) / v.stride_w + 1;
  if (x.c % v.groups || filter.n % v.groups || filter.c != x.c / v.groups) return BAD_PARAM;
  if (!y.is(x.n, p, q, filter.n)) return BAD_PARAM;
  *out = {x.type, x.n,     x.h,     x.w,        x.c,        filter.n,     filter.h,     filter.w, p,
          q,      v.pad_h, v.pad_w, v.stride_h, v.stride_w, v.dilation_h, v.dilation_w, v.groups};
  return SUCCESS;
}

/// Calls take(x index, filter index, y index, channels of x, of y) for all pairs of pixels that meet;
/// the indices are those of the group's first channels.
template <class Take>
void each_pair(const Problem& o, const Take& take) {
  const int c = o.c / o.groups, k = o.k / o.groups;
  for (int n = 0; n < o.n; ++n)
    for (int p = 0; p < o.p; ++p)
      for (int q = 0; q < o.q; ++q)
        for (int r = 0; r < o.r; ++r)
          for (int s = 0; s < o.s; ++s) {
            const int h = p * o.stride_h - o.pad_h + r * o.dilation_h;
            const int w = q * o.stride_w - o.pad_w + s * o.dilation_w;
            if (h < 0 || h >= o.h || w < 0 || w >= o.w) continue;
            for (int g = 0; g < o.groups; ++g) {
              const size_t x = ((size_t(n) * o.h + h) * o.w + w) * o.c + g * c;
              const size_t y = ((size_t(n) * o.p + p) * o.q + q) * o.k + g * k;
              // Of output channel g * k; the next one is r * s * c further.
              const size_t f = ((size_t(g) * k * o.r + r) * o.s + s) * c;
              take(x, f, y, c, k);
            }
          }
}

void compute(Kind kind, const Problem& o, CUdeviceptr x, CUdeviceptr w, CUdeviceptr y, float alpha,
             float beta) {
  const size_t x_count = o.x_bytes() / size_of(o.type), w_count = o.w_bytes() / size_of(o.type),
               y_count = o.y_bytes() / size_of(o.type), next = size_t(o.r) * o.s * (o.c / o.groups);
  // Sums are double: a reference, not the float32 of tensor cores.
  const std::vector<float> xs = kind == Kind::DATA ? std::vector<float>() : read_all(o.type, x, x_count);
  const std::vector<float> ws = kind == Kind::WEIGHTS ? std::vector<float>() : read_all(o.type, w, w_count);
  const std::vector<float> ys = kind == Kind::FORWARD ? std::vector<float>() : read_all(o.type, y, y_count);
  std::vector<double> sums(kind == Kind::FORWARD ? y_count : kind == Kind::DATA ? x_count : w_count);
  each_pair(o, [&](size_t xi, size_t wi, size_t yi, int c, int k) {
    for (int j = 0; j < k; ++j) {
      const size_t wj = wi + j * next;
      if (kind == Kind::FORWARD) {
        double sum = 0;
        for (int i = 0; i < c; ++i) sum += double(xs[xi + i]) * ws[wj + i];
        sums[yi + j] += sum;
      } else if (kind == Kind::DATA) {
        for (int i = 0; i < c; ++i) sums[xi + i] += double(ys[yi + j]) * ws[wj + i];
      } else {
        for (int i = 0; i < c; ++i) sums[wj + i] += double(ys[yi + j]) * xs[xi + i];
      }
    }
  });
  const std::vector<float> result(sums.begin(), sums.end());
  write_all(o.type, kind == Kind::FORWARD ? y : kind == Kind::DATA ? x : w, result, alpha, beta);
}

Status enqueue(Kind kind, const Handle& handle, const Problem& o, CUdeviceptr x, CUdeviceptr w,
               CUdeviceptr y, const void* alpha, const void* beta, CUdeviceptr workspace, size_t bytes) {
  if (!alpha || !beta) return BAD_PARAM;
  if (bytes < o.workspace()) return BAD_PARAM;
  const float by = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  std::vector<Region> regions{{x, o.x_bytes(), "x", kind == Kind::DATA},
                              {w, o.w_bytes(), "w", kind == Kind::WEIGHTS},
                              {y, o.y_bytes(), "y", kind == Kind::FORWARD},
                              {workspace, o.workspace(), "workspace", true}};
  const CUresult result = submit(handle.stream, {name_of(kind), std::move(regions), [=] {
    // An algorithm leaves what it likes in its workspace.
    memset(reinterpret_cast<void*>(workspace), 0xff, o.workspace());
    compute(kind, o, x, w, y, by, keep);
  }});
  return result == CUDA_SUCCESS ? SUCCESS : EXECUTION_FAILED;
}

/// cudnnConvolutionFwdAlgoPerf_t and its two twins.
struct Performance {
  int algorithm, status;
  float milliseconds;
  size_t memory;
  int determinism, math;
  int reserved[3];
};

Status report(const Problem& o, int math, int asked, int* returned, Performance* results) {
  if (asked < 1 || !returned || !results) return BAD_PARAM;
  *returned = 1;
  // Algorithm 1 is IMPLICIT_PRECOMP_GEMM forward and ALGO_1 backward.
  results[0] = {1, SUCCESS, 1.0f, o.workspace(), 1, math, {0, 0, 0}};
  return SUCCESS;
}

/// cudnnFind...Ex: a capture does not survive it, and what is computed on the way is left in the output.
Status find(const Handle& handle, const Problem& o, int math, std::vector<Region> inputs, Region output,
            CUdeviceptr workspace, size_t bytes, int asked, int* returned, Performance* results) {
  if (break_capture(handle.stream)) return EXECUTION_FAILED;
  inputs.push_back(output);
  if (bytes) inputs.push_back({workspace, bytes, "workspace"});
  const CUresult result = submit(handle.stream, {"search of an algorithm", std::move(inputs), [=] {
    memset(reinterpret_cast<void*>(output.address), 0xff, output.bytes);
    if (bytes) memset(reinterpret_cast<void*>(workspace), 0xff, bytes);
  }});
  if (result != CUDA_SUCCESS) return EXECUTION_FAILED;
  const Status status = report(o, math, asked, returned, results);
  // Without the memory it needs, the algorithm cannot be tried.
  if (status == SUCCESS && bytes < o.workspace()) results[0].status = NOT_SUPPORTED;
  return status;
}

bool set(Shape* shape, int data_type, int format, int n, int c, int h, int w) {
  if (data_type != DATA_FLOAT && data_type != DATA_HALF && data_type != DATA_BFLOAT16) return false;
  if (format != NHWC || n < 1 || c < 1 || h < 1 || w < 1) return false;
  shape->type = data_type == DATA_FLOAT  ? Type::FLOAT
                : data_type == DATA_HALF ? Type::HALF
                                         : Type::BFLOAT16;
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

CUDA_API const char* cudnnGetErrorString(Status status) {
  switch (status) {
    case SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
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
CUDA_API Status cudnnGetConvolutionForwardAlgorithm_v7(void* handle, void* x, void* w, void* convolution,
                                                       void* y, int asked, int* returned,
                                                       Performance* results) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  return report(o, v.math, asked, returned, results);
}
CUDA_API Status cudnnGetConvolutionBackwardDataAlgorithm_v7(void* handle, void* w, void* y,
                                                            void* convolution, void* x, int asked,
                                                            int* returned, Performance* results) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  return report(o, v.math, asked, returned, results);
}
CUDA_API Status cudnnGetConvolutionBackwardFilterAlgorithm_v7(void* handle, void* x, void* y,
                                                              void* convolution, void* w, int asked,
                                                              int* returned, Performance* results) {
  Call call(__func__);
  get<Handle>(handle);
  PROBLEM(x, w, convolution, y);
  return report(o, v.math, asked, returned, results);
}

CUDA_API Status cudnnFindConvolutionForwardAlgorithmEx(void* handle, void* x, CUdeviceptr x_data, void* w,
                                                       CUdeviceptr w_data, void* convolution, void* y,
                                                       CUdeviceptr y_data, int asked, int* returned,
                                                       Performance* results, CUdeviceptr workspace,
                                                       size_t bytes) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return find(get<Handle>(handle), o, v.math, {{x_data, o.x_bytes(), "x"}, {w_data, o.w_bytes(), "w"}},
              {y_data, o.y_bytes(), "y"}, workspace, bytes, asked, returned, results);
}
CUDA_API Status cudnnFindConvolutionBackwardDataAlgorithmEx(void* handle, void* w, CUdeviceptr w_data,
                                                            void* y, CUdeviceptr y_data,
                                                            void* convolution, void* x,
                                                            CUdeviceptr x_data, int asked, int* returned,
                                                            Performance* results, CUdeviceptr workspace,
                                                            size_t bytes) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return find(get<Handle>(handle), o, v.math, {{y_data, o.y_bytes(), "dy"}, {w_data, o.w_bytes(), "w"}},
              {x_data, o.x_bytes(), "dx"}, workspace, bytes, asked, returned, results);
}
CUDA_API Status cudnnFindConvolutionBackwardFilterAlgorithmEx(void* handle, void* x, CUdeviceptr x_data,
                                                              void* y, CUdeviceptr y_data,
                                                              void* convolution, void* w,
                                                              CUdeviceptr w_data, int asked,
                                                              int* returned, Performance* results,
                                                              CUdeviceptr workspace, size_t bytes) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return find(get<Handle>(handle), o, v.math, {{x_data, o.x_bytes(), "x"}, {y_data, o.y_bytes(), "dy"}},
              {w_data, o.w_bytes(), "dw"}, workspace, bytes, asked, returned, results);
}

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
  return enqueue(Kind::FORWARD, get<Handle>(handle), o, x_data, w_data, y_data, alpha, beta, workspace,
                 bytes);
}
CUDA_API Status cudnnConvolutionBackwardData(void* handle, const void* alpha, void* w, CUdeviceptr w_data,
                                             void* y, CUdeviceptr y_data, void* convolution, int,
                                             CUdeviceptr workspace, size_t bytes, const void* beta,
                                             void* x, CUdeviceptr x_data) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return enqueue(Kind::DATA, get<Handle>(handle), o, x_data, w_data, y_data, alpha, beta, workspace,
                 bytes);
}
CUDA_API Status cudnnConvolutionBackwardFilter(void* handle, const void* alpha, void* x,
                                               CUdeviceptr x_data, void* y, CUdeviceptr y_data,
                                               void* convolution, int, CUdeviceptr workspace,
                                               size_t bytes, const void* beta, void* w,
                                               CUdeviceptr w_data) {
  Call call(__func__);
  PROBLEM(x, w, convolution, y);
  return enqueue(Kind::WEIGHTS, get<Handle>(handle), o, x_data, w_data, y_data, alpha, beta, workspace,
                 bytes);
}
