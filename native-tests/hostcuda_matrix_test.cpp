// The stand-ins for cuBLAS and cuDNN, against sums in double precision.
#include <cmath>
#include <csignal>
#include <cstring>

#include "hostcuda/conversions.h"
#include "hostcuda_api.h"

extern "C" {
int cublasCreate_v2(void**);
int cublasDestroy_v2(void*);
int cublasSetStream_v2(void*, CUstream);
int cublasSgemm_v2(void*, int, int, int, int, int, const float*, CUdeviceptr, int, CUdeviceptr, int, const float*,
                   CUdeviceptr, int);
int cublasGemmEx(void*, int, int, int, int, int, const void*, CUdeviceptr, int, int, CUdeviceptr, int, int,
                 const void*, CUdeviceptr, int, int, int, int);
int cudnnCreate(void**);
int cudnnDestroy(void*);
int cudnnSetStream(void*, CUstream);
int cudnnCreateTensorDescriptor(void**);
int cudnnDestroyTensorDescriptor(void*);
int cudnnSetTensor4dDescriptor(void*, int, int, int, int, int, int);
int cudnnCreateFilterDescriptor(void**);
int cudnnDestroyFilterDescriptor(void*);
int cudnnSetFilter4dDescriptor(void*, int, int, int, int, int, int);
int cudnnCreateConvolutionDescriptor(void**);
int cudnnDestroyConvolutionDescriptor(void*);
int cudnnSetConvolution2dDescriptor(void*, int, int, int, int, int, int, int, int);
int cudnnSetConvolutionGroupCount(void*, int);
int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int, size_t*);
int cudnnConvolutionForward(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr, size_t,
                            const void*, void*, CUdeviceptr);
int cudnnConvolutionBackwardData(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr,
                                 size_t, const void*, void*, CUdeviceptr);
int cudnnConvolutionBackwardFilter(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr,
                                   size_t, const void*, void*, CUdeviceptr);
}

namespace {
constexpr int BAD_PARAM = 2000, NOT_SUPPORTED = 3000, INVALID_VALUE = 7;
constexpr int DATA_FLOAT = 0, DATA_HALF = 2, DATA_BFLOAT16 = 9, NHWC = 1;

/// Numbers of one of cuDNN's types on the device; what is drawn is exact in it.
class Array {
 public:
  Array(int type, std::vector<float> values) : type_(type), values_(std::move(values)), memory_(encoded()) {
    values_ = this->values();
  }
  CUdeviceptr address() const { return memory_.address(); }
  /// As they were at first.
  const std::vector<float>& start() const { return values_; }
  std::vector<float> values() const {
    const std::vector<char> bytes = memory_.values();
    std::vector<float> out(values_.size());
    for (size_t i = 0; i < out.size(); ++i) {
      uint16_t s;
      if (type_ == DATA_FLOAT) {
        memcpy(&out[i], &bytes[4 * i], 4);
      } else {
        memcpy(&s, &bytes[2 * i], 2);
        out[i] = type_ == DATA_HALF ? hostcuda::half_to_float(s) : hostcuda::bfloat16_to_float(s);
      }
    }
    return out;
  }

 private:
  std::vector<char> encoded() const {
    std::vector<char> bytes(values_.size() * (type_ == DATA_FLOAT ? 4 : 2));
    for (size_t i = 0; i < values_.size(); ++i) {
      const uint16_t s = type_ == DATA_HALF ? hostcuda::float_to_half(values_[i]) : hostcuda::float_to_bfloat16(values_[i]);
      if (type_ == DATA_FLOAT) {
        memcpy(&bytes[4 * i], &values_[i], 4);
      } else {
        memcpy(&bytes[2 * i], &s, 2);
      }
    }
    return bytes;
  }
  int type_;
  std::vector<float> values_;
  Memory<char> memory_;
};

double tolerance(int type) { return type == DATA_FLOAT ? 1e-5 : type == DATA_HALF ? 2e-3 : 1e-2; }

void check_close(const std::vector<float>& got, const std::vector<double>& expected, int type) {
  REQUIRE(got.size() == expected.size());
  double largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double difference = std::fabs(got[i] - expected[i]) / (1 + std::fabs(expected[i]));
    largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
  }
  CHECK(largest <= tolerance(type));
}

struct Convolution {
  int n, h, w, c, k, r, s, pad, stride, dilation, groups;
  int type;
  void *handle, *x, *filter, *y, *convolution;

  int out(int size, int window) const { return (size + 2 * pad - dilation * (window - 1) - 1) / stride + 1; }
  int p() const { return out(h, r); }
  int q() const { return out(w, s); }
  size_t x_count() const { return size_t(n) * h * w * c; }
  size_t w_count() const { return size_t(k) * r * s * c / groups; }
  size_t y_count() const { return size_t(n) * p() * q() * k; }

  void open(const Gpu& gpu) {
    OK(CUresult(cudnnCreate(&handle)));
    cudnnSetStream(handle, gpu.stream);
    cudnnCreateTensorDescriptor(&x);
    cudnnCreateTensorDescriptor(&y);
    cudnnCreateFilterDescriptor(&filter);
    cudnnCreateConvolutionDescriptor(&convolution);
    CHECK(cudnnSetTensor4dDescriptor(x, NHWC, type, n, c, h, w) == 0);
    CHECK(cudnnSetTensor4dDescriptor(y, NHWC, type, n, k, p(), q()) == 0);
    CHECK(cudnnSetFilter4dDescriptor(filter, type, NHWC, k, c / groups, r, s) == 0);
    CHECK(cudnnSetConvolution2dDescriptor(convolution, pad, pad, stride, stride, dilation, dilation, 1, DATA_FLOAT) == 0);
    CHECK(cudnnSetConvolutionGroupCount(convolution, groups) == 0);
  }
  void close() {
    cudnnDestroyTensorDescriptor(x);
    cudnnDestroyTensorDescriptor(y);
    cudnnDestroyFilterDescriptor(filter);
    cudnnDestroyConvolutionDescriptor(convolution);
    cudnnDestroy(handle);
  }
  size_t workspace() const {
    size_t bytes = 0;
    CHECK(cudnnGetConvolutionForwardWorkspaceSize(handle, x, filter, convolution, y, 1, &bytes) == 0);
    CHECK(bytes > 0);
    return bytes;
  }

  /// Adds what all pairs of pixels give: y from x and w, gx from gy and w, gw from x and gy.
  void add(const std::vector<float>& xs, const std::vector<float>& ws, const std::vector<float>& gys,
           std::vector<double>& ys, std::vector<double>& gxs, std::vector<double>& gws) const {
    const int per_group = c / groups;
    for (size_t i = 0; i < y_count(); ++i) {
      const int ko = int(i % k), qo = int(i / k % q()), po = int(i / k / q() % p()), no = int(i / k / q() / p());
      for (int j = 0; j < r * s * per_group; ++j) {
        const int ci = j % per_group, si = j / per_group % s, ri = j / per_group / s;
        const int hi = po * stride - pad + ri * dilation, wi = qo * stride - pad + si * dilation;
        if (hi < 0 || hi >= h || wi < 0 || wi >= w) continue;
        const size_t a = ((size_t(no) * h + hi) * w + wi) * c + ko / (k / groups) * per_group + ci;
        const size_t b = size_t(ko) * r * s * per_group + j;
        ys[i] += double(xs[a]) * ws[b];
        gxs[a] += double(gys[i]) * ws[b];
        gws[b] += double(gys[i]) * xs[a];
      }
    }
  }
};

std::vector<double> scaled(const std::vector<float>& values, double factor) {
  std::vector<double> out(values.begin(), values.end());
  for (double& value : out) value *= factor;
  return out;
}
}  // namespace

TEST_CASE("convolution, its data gradient and its weight gradient are what direct sums give") {
  const Gpu gpu;
  for (int type : {DATA_FLOAT, DATA_HALF, DATA_BFLOAT16}) {
    for (Convolution o : {Convolution{2, 7, 5, 3, 5, 3, 3, 1, 1, 1, 1, type, 0, 0, 0, 0, 0},
                          Convolution{1, 9, 8, 4, 6, 3, 2, 2, 2, 1, 2, type, 0, 0, 0, 0, 0},
                          Convolution{3, 6, 6, 2, 3, 1, 1, 0, 2, 1, 1, type, 0, 0, 0, 0, 0},
                          Convolution{1, 9, 9, 3, 2, 3, 3, 2, 1, 2, 1, type, 0, 0, 0, 0, 0}}) {
      INFO("type " << type << ", window " << o.r << " x " << o.s << ", stride " << o.stride << ", dilation " << o.dilation);
      o.open(gpu);
      const float alpha = 0.5f, beta = 2, zero = 0;
      const Array x(type, random_floats(o.x_count(), 1)), w(type, random_floats(o.w_count(), 2)),
          gy(type, random_floats(o.y_count(), 3)), y(type, random_floats(o.y_count(), 4)),
          gx(type, std::vector<float>(o.x_count(), NAN)), gw(type, random_floats(o.w_count(), 5));
      const Memory<char> workspace(o.workspace());
      CHECK(cudnnConvolutionForward(o.handle, &alpha, o.x, x.address(), o.filter, w.address(), o.convolution, 1,
                                    workspace.address(), o.workspace(), &beta, o.y, y.address()) == 0);
      CHECK(cudnnConvolutionBackwardData(o.handle, &alpha, o.filter, w.address(), o.y, gy.address(), o.convolution, 1,
                                         workspace.address(), o.workspace(), &zero, o.x, gx.address()) == 0);
      CHECK(cudnnConvolutionBackwardFilter(o.handle, &alpha, o.x, x.address(), o.y, gy.address(), o.convolution, 1,
                                           workspace.address(), o.workspace(), &beta, o.filter, gw.address()) == 0);
      gpu.wait();
      // y = alpha conv + beta y = alpha (conv + (beta / alpha) y).
      std::vector<double> ys = scaled(y.start(), beta / alpha), gxs(o.x_count()), gws = scaled(gw.start(), beta / alpha);
      o.add(x.start(), w.start(), gy.start(), ys, gxs, gws);
      for (auto* values : {&ys, &gxs, &gws}) {
        for (double& value : *values) value *= alpha;
      }
      check_close(y.values(), ys, type);
      check_close(gx.values(), gxs, type);
      check_close(gw.values(), gws, type);
      o.close();
    }
  }
}

TEST_CASE("descriptors that do not fit each other and small workspaces are refused") {
  const Gpu gpu;
  Convolution o{1, 4, 4, 2, 3, 3, 3, 1, 1, 1, 1, DATA_FLOAT, 0, 0, 0, 0, 0};
  o.open(gpu);
  const Memory<float> x(random_floats(o.x_count(), 1)), w(random_floats(o.w_count(), 2)), y(random_floats(o.y_count(), 3));
  const size_t enough = o.workspace();
  const Memory<char> workspace(enough);
  const float one = 1, zero = 0;
  const auto forward = [&](size_t bytes) {
    return cudnnConvolutionForward(o.handle, &one, o.x, x.address(), o.filter, w.address(), o.convolution, 1,
                                   workspace.address(), bytes, &zero, o.y, y.address());
  };
  CHECK(forward(enough - 1) == BAD_PARAM);
  CHECK(cudnnSetTensor4dDescriptor(o.y, NHWC, DATA_FLOAT, 1, 3, 4, 5) == 0);
  CHECK(forward(enough) == BAD_PARAM);
  CHECK(cudnnSetTensor4dDescriptor(o.y, NHWC, DATA_HALF, 1, 3, 4, 4) == 0);
  CHECK(forward(enough) == NOT_SUPPORTED);
  CHECK(cudnnSetTensor4dDescriptor(o.y, 0, DATA_FLOAT, 1, 3, 4, 4) == BAD_PARAM);
  CHECK(cudnnSetTensor4dDescriptor(o.y, NHWC, DATA_FLOAT, 1, 3, 4, 4) == 0);
  CHECK(forward(enough) == 0);
  check_aborts({"cudnnConvolutionForward", "convolution, w", "bytes at"}, [&] {
    cudnnConvolutionForward(o.handle, &one, o.x, x.address(), o.filter, w.address() + 4, o.convolution, 1,
                            workspace.address(), enough, &zero, o.y, y.address());
  });
  check_aborts({"cudnnDestroyTensorDescriptor", "is a filter descriptor"}, [&] { cudnnDestroyTensorDescriptor(o.filter); });
  o.close();
}

TEST_CASE("products of matrices, column-major, with either transposed") {
  const Gpu gpu;
  void* handle;
  CHECK(cublasCreate_v2(&handle) == 0);
  CHECK(cublasSetStream_v2(handle, gpu.stream) == 0);
  const int m = 5, n = 7, k = 3, lda = 8, ldb = 9, ldc = 6;
  const float alpha = 1.5f, beta = -0.5f;
  // cudaDataType of each of cuDNN's types.
  for (const auto& [type, data] : {std::pair{DATA_FLOAT, 0}, {DATA_HALF, 2}, {DATA_BFLOAT16, 14}}) {
    for (int transpose = 0; transpose < 4; ++transpose) {
      const bool ta = transpose & 1, tb = transpose & 2;
      INFO("type " << type << ", transposed " << transpose);
      const Array a(type, random_floats(lda * 8, 1)), b(type, random_floats(ldb * 8, 2)), c(DATA_FLOAT, random_floats(ldc * n, 3));
      if (type == DATA_FLOAT) {
        CHECK(cublasSgemm_v2(handle, ta, tb, m, n, k, &alpha, a.address(), lda, b.address(), ldb, &beta, c.address(), ldc) == 0);
      } else {
        CHECK(cublasGemmEx(handle, ta, tb, m, n, k, &alpha, a.address(), data, lda, b.address(), data, ldb, &beta,
                           c.address(), 0, ldc, 68, -1) == 0);
      }
      gpu.wait();
      std::vector<double> expected = scaled(c.start(), 1);
      for (int j = 0; j < n; ++j) {
        for (int i = 0; i < m; ++i) {
          double sum = 0;
          for (int l = 0; l < k; ++l) {
            sum += double(a.start()[ta ? l + lda * i : i + lda * l]) * b.start()[tb ? j + ldb * l : l + ldb * j];
          }
          expected[i + ldc * j] = alpha * sum + beta * expected[i + ldc * j];
        }
      }
      check_close(c.values(), expected, DATA_FLOAT);
    }
  }
  const Memory<float> small(random_floats(15, 1));
  CHECK(cublasSgemm_v2(handle, 0, 0, 5, 7, 3, &alpha, small.address(), 4, small.address(), 3, &beta, small.address(), 5) ==
        INVALID_VALUE);
  check_aborts({"cublasSgemm_v2", "product, B", "84 bytes"}, [&] {
    cublasSgemm_v2(handle, 0, 0, 5, 7, 3, &alpha, small.address(), 5, small.address(), 3, &beta, small.address(), 5);
  });
  CHECK(cublasDestroy_v2(handle) == 0);
}
