// libcublas.so.12: matrix products, column-major as always there.
#include "hostcuda.h"
#include "numbers.h"

using namespace hostcuda;

namespace {

enum Status : int { SUCCESS = 0, INVALID_VALUE = 7, NOT_SUPPORTED = 15 };
enum Transpose : int { OP_N = 0, OP_T = 1, OP_C = 2 };
// cudaDataType and cublasComputeType_t.
enum : int { R_32F = 0, R_16F = 2, R_16BF = 14 };
enum : int { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_TF32 = 77 };

struct Handle : Object {
  static constexpr const char* KIND = "cuBLAS handle";
  CUstream stream = nullptr;
  Region workspace{0, 0, "workspace"};
};

struct Matrix {
  Type type;
  CUdeviceptr address;
  int rows, columns, leading;

  size_t extent() const { return size_t(leading) * (columns - 1) + rows; }
  bool valid() const { return leading >= rows; }
  Region region(const char* name, bool written = false) const {
    return {address, extent() * size_of(type), name, written};
  }
};

bool type_of(int data_type, Type* type) {
  if (data_type != R_32F && data_type != R_16F && data_type != R_16BF) return false;
  *type = data_type == R_32F ? Type::FLOAT : data_type == R_16F ? Type::HALF : Type::BFLOAT16;
  return true;
}

/// C [m, n] = alpha op(A) op(B) + beta C.
void multiply(bool transpose_a, bool transpose_b, int k, float alpha, const Matrix& a, const Matrix& b,
              float beta, const Matrix& c) {
  const std::vector<float> left = read_all(a.type, a.address, a.extent());
  const std::vector<float> right = read_all(b.type, b.address, b.extent());
  void* out = reinterpret_cast<void*>(c.address);
  // Sums are double: a reference, not the float32 of tensor cores.
  std::vector<double> sums(c.rows);
  for (int j = 0; j < c.columns; ++j) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (int l = 0; l < k; ++l) {
      const double factor = right[transpose_b ? size_t(b.leading) * l + j : size_t(b.leading) * j + l];
      const float* column = &left[transpose_a ? size_t(l) : size_t(a.leading) * l];
      const size_t step = transpose_a ? a.leading : 1;
      for (int i = 0; i < c.rows; ++i) sums[i] += column[i * step] * factor;
    }
    for (int i = 0; i < c.rows; ++i) {
      const size_t at = size_t(c.leading) * j + i;
      write(c.type, out, at, alpha * float(sums[i]) + (beta == 0 ? 0 : beta * read(c.type, out, at)));
    }
  }
}

Status gemm(const Handle& handle, Transpose op_a, Transpose op_b, int m, int n, int k, const void* alpha,
            Matrix a, Matrix b, const void* beta, Matrix c) {
  if (!alpha || !beta) fail("alpha or beta is null");
  if (m < 0 || n < 0 || k < 0 || op_a < OP_N || op_a > OP_C || op_b < OP_N || op_b > OP_C) {
    return INVALID_VALUE;
  }
  if (m == 0 || n == 0) return SUCCESS;
  a.rows = op_a == OP_N ? m : k;
  a.columns = op_a == OP_N ? k : m;
  b.rows = op_b == OP_N ? k : n;
  b.columns = op_b == OP_N ? n : k;
  c.rows = m;
  c.columns = n;
  if (!a.valid() || !b.valid() || !c.valid()) return INVALID_VALUE;
  const float by = *static_cast<const float*>(alpha), keep = *static_cast<const float*>(beta);
  const CUresult result =
      submit(handle.stream, {"cuBLAS product", {a.region("A"), b.region("B"), c.region("C", true),
                                                handle.workspace}, [=] {
                               multiply(op_a != OP_N, op_b != OP_N, k, by, a, b, keep, c);
                             }});
  return result == CUDA_SUCCESS ? SUCCESS : Status(13);  // EXECUTION_FAILED
}

}  // namespace

CUDA_API Status cublasCreate_v2(void** handle) {
  Call call(__func__);
  *handle = adopt(Handle::KIND, std::make_unique<Handle>(), true);
  return SUCCESS;
}

CUDA_API Status cublasDestroy_v2(void* handle) {
  Call call(__func__);
  release(Handle::KIND, handle);
  return SUCCESS;
}

CUDA_API Status cublasSetStream_v2(void* handle, CUstream stream) {
  Call call(__func__);
  get<Handle>(handle).stream = stream;
  return SUCCESS;
}

CUDA_API Status cublasGetVersion_v2(void* handle, int* version) {
  Call call(__func__);
  get<Handle>(handle);
  *version = 120604;
  return SUCCESS;
}

CUDA_API Status cublasSetMathMode(void* handle, int) {
  Call call(__func__);
  get<Handle>(handle);
  return SUCCESS;
}

CUDA_API Status cublasSetWorkspace_v2(void* handle, CUdeviceptr workspace, size_t bytes) {
  Call call(__func__);
  Handle& h = get<Handle>(handle);
  if (workspace % 256 != 0) return INVALID_VALUE;
  // What a product may leave in its workspace.
  h.workspace = {workspace, bytes, "workspace", true};
  const CUresult result = submit(h.stream, {"cuBLAS workspace", {h.workspace}, [=] {
                                              memset(reinterpret_cast<void*>(workspace), 0xff, bytes);
                                            }});
  return result == CUDA_SUCCESS ? SUCCESS : Status(13);
}

CUDA_API Status cublasSgemm_v2(void* handle, Transpose op_a, Transpose op_b, int m, int n, int k,
                               const float* alpha, CUdeviceptr a, int lda, CUdeviceptr b, int ldb,
                               const float* beta, CUdeviceptr c, int ldc) {
  Call call(__func__);
  return gemm(get<Handle>(handle), op_a, op_b, m, n, k, alpha, {Type::FLOAT, a, 0, 0, lda},
              {Type::FLOAT, b, 0, 0, ldb}, beta, {Type::FLOAT, c, 0, 0, ldc});
}

CUDA_API Status cublasGemmEx(void* handle, Transpose op_a, Transpose op_b, int m, int n, int k,
                             const void* alpha, CUdeviceptr a, int type_a, int lda, CUdeviceptr b,
                             int type_b, int ldb, const void* beta, CUdeviceptr c, int type_c, int ldc,
                             int compute, int) {
  Call call(__func__);
  Handle& h = get<Handle>(handle);
  Matrix left{}, right{}, out{};
  if (!type_of(type_a, &left.type) || !type_of(type_b, &right.type) || !type_of(type_c, &out.type)) {
    return NOT_SUPPORTED;
  }
  if (type_a != type_b || (type_c != type_a && type_c != R_32F)) return NOT_SUPPORTED;
  if (compute != COMPUTE_32F && compute != COMPUTE_32F_PEDANTIC && compute != COMPUTE_32F_FAST_TF32) {
    return NOT_SUPPORTED;
  }
  left.address = a, left.leading = lda;
  right.address = b, right.leading = ldb;
  out.address = c, out.leading = ldc;
  return gemm(h, op_a, op_b, m, n, k, alpha, left, right, beta, out);
}
