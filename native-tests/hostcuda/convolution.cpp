// The three products of a convolution by loops over all pairs of pixels.
#include "convolution.h"

#include <algorithm>

namespace hostcuda::cudnn {
namespace {

/// More of a workspace than this is not filled: it would take longer than the work.
constexpr size_t LITTER = 1 << 16;

const char* name_of(Kind kind) {
  return kind == Kind::FORWARD ? "convolution"
         : kind == Kind::DATA  ? "data gradient of a convolution"
                               : "weight gradient of a convolution";
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

}  // namespace

bool type_of(int data_type, Type* type) {
  if (data_type != DATA_FLOAT && data_type != DATA_HALF && data_type != DATA_BFLOAT16) return false;
  *type = data_type == DATA_FLOAT ? Type::FLOAT : data_type == DATA_HALF ? Type::HALF : Type::BFLOAT16;
  return true;
}

bool Problem::consistent() const {
  return p == (h + 2 * pad_h - dilation_h * (r - 1) - 1) / stride_h + 1 &&
         q == (w + 2 * pad_w - dilation_w * (s - 1) - 1) / stride_w + 1;
}

void compute(Kind kind, const Problem& o, const Operands& at, float alpha, float beta) {
  const size_t x_count = o.x_bytes() / size_of(o.type), w_count = o.w_bytes() / size_of(o.type),
               y_count = o.y_bytes() / size_of(o.type), next = size_t(o.r) * o.s * (o.c / o.groups);
  // Sums are double: a reference, not the float32 of tensor cores.
  const std::vector<float> xs = kind == Kind::DATA ? std::vector<float>() : read_all(o.type, at.x, x_count);
  const std::vector<float> ws = kind == Kind::WEIGHTS ? std::vector<float>() : read_all(o.type, at.w, w_count);
  const std::vector<float> ys = kind == Kind::FORWARD ? std::vector<float>() : read_all(o.type, at.y, y_count);
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
  write_all(o.type, kind == Kind::FORWARD ? at.y : kind == Kind::DATA ? at.x : at.w, result, alpha, beta);
}

Status enqueue(Kind kind, const Handle& handle, const Problem& o, const Operands& at, size_t workspace,
               std::function<void()> work) {
  std::vector<Region> regions{{at.x, o.x_bytes(), "x", kind == Kind::DATA},
                              {at.w, o.w_bytes(), "w", kind == Kind::WEIGHTS},
                              {at.y, o.y_bytes(), "y", kind == Kind::FORWARD}};
  if (workspace) regions.push_back({at.workspace, workspace, "workspace", true});
  const CUresult result = submit(handle.stream, {name_of(kind), std::move(regions), [=] {
    if (workspace) memset(reinterpret_cast<void*>(at.workspace), 0xff, std::min(workspace, LITTER));
    work();
  }});
  return result == CUDA_SUCCESS ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace hostcuda::cudnn
