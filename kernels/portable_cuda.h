// portable.h for CUDA C++ (nvcc or NVRTC, sm_80 and later): vfloat is LANES floats in registers;
// LANES * sizeof(storage) = 16 makes every access of storage one 16-byte instruction.
#pragma once

typedef long long int64;
typedef unsigned char uchar;

#define GLOBAL
#define RESTRICT __restrict__
#define INLINE static __device__ __forceinline__
#define UNROLL _Pragma("unroll")

// No launch has more threads a block.
#define BLOCK 256
#define KERNEL(name, ...) extern "C" __global__ void name(__VA_ARGS__)
#define GRID_START(d) ((int64)blockIdx.d * blockDim.d + threadIdx.d)
#define GRID_STRIDE(d) ((int64)gridDim.d * blockDim.d)
#define FOR_EACH(i, n) for (int64 i = GRID_START(x); i < (n); i += GRID_STRIDE(x))
#define FOR_EACH_ROW(r, rows) for (int64 r = GRID_START(y); r < (rows); r += GRID_STRIDE(y))
#define FOR_EACH_COLUMN(c, columns) for (int64 c = GRID_START(x); c < (columns); c += GRID_STRIDE(x))

// A thread keeps to its columns, so it takes all rows of a chunk together.
#define ROW_BLOCK(streams) 0x7fffffff

// ---- vectors ----
struct vfloat {
  float lane[LANES];
};

#define LANEWISE(result, expression)                         \
  vfloat result;                                             \
  UNROLL for (int k = 0; k < LANES; ++k) result.lane[k] = (expression)

INLINE vfloat splat(float a) {
  LANEWISE(r, a);
  return r;
}
#define OPERATOR(op)                                \
  INLINE vfloat operator op(vfloat a, vfloat b) {   \
    LANEWISE(r, a.lane[k] op b.lane[k]);            \
    return r;                                       \
  }                                                 \
  INLINE vfloat operator op(vfloat a, float b) {    \
    LANEWISE(r, a.lane[k] op b);                    \
    return r;                                       \
  }                                                 \
  INLINE vfloat operator op(float a, vfloat b) {    \
    LANEWISE(r, a op b.lane[k]);                    \
    return r;                                       \
  }                                                 \
  INLINE void operator op##=(vfloat& a, vfloat b) { \
    UNROLL for (int k = 0; k < LANES; ++k) a.lane[k] op##= b.lane[k]; \
  }
OPERATOR(+)
OPERATOR(-)
OPERATOR(*)
OPERATOR(/)
#undef OPERATOR
INLINE vfloat operator-(vfloat a) {
  LANEWISE(r, -a.lane[k]);
  return r;
}

// ---- storage ----
// One instruction each. Who runs this text elsewhere than on a GPU defines CONVERSIONS and brings them.
#ifndef CONVERSIONS
INLINE unsigned short float_to_bfloat16(float f) {
  unsigned short s;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(s) : "f"(f));
  return s;
}
INLINE unsigned short float_to_half(float f) {
  unsigned short s;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(s) : "f"(f));
  return s;
}
INLINE float half_to_float(unsigned short s) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(s));
  return f;
}
#endif

#if STORAGE == STORAGE_FLOAT
typedef float storage;
INLINE float from_storage(storage s) { return s; }
INLINE storage to_storage(float f) { return f; }
#elif STORAGE == STORAGE_BFLOAT16
typedef unsigned short storage;
INLINE float from_storage(storage s) { return __uint_as_float((unsigned)s << 16); }
INLINE storage to_storage(float f) { return float_to_bfloat16(f); }
#else
typedef unsigned short storage;
INLINE float from_storage(storage s) { return half_to_float(s); }
INLINE storage to_storage(float f) { return float_to_half(f); }
#endif

/// LANES values that move as one access of up to 16 bytes.
template <class E>
struct alignas(sizeof(E) * LANES > 16 ? 16 : sizeof(E) * LANES) Packet {
  E lane[LANES];
};

INLINE vfloat load(const storage* p, int64 i) {
  const Packet<storage> s = *reinterpret_cast<const Packet<storage>*>(p + i);
  LANEWISE(r, from_storage(s.lane[k]));
  return r;
}
// STREAM: stores of activations are the first to leave the second-level cache, for outputs larger
// than it holds until they are read.
INLINE void store(storage* p, int64 i, vfloat v) {
  Packet<storage> s;
  UNROLL for (int k = 0; k < LANES; ++k) s.lane[k] = to_storage(v.lane[k]);
#if STREAM
  if (sizeof s == sizeof(uint4)) {
    __stcs(reinterpret_cast<uint4*>(p + i), reinterpret_cast<const uint4&>(s));
    return;
  }
#endif
  *reinterpret_cast<Packet<storage>*>(p + i) = s;
}
INLINE vfloat load_float(const float* p, int64 i) {
  const Packet<float> s = *reinterpret_cast<const Packet<float>*>(p + i);
  LANEWISE(r, s.lane[k]);
  return r;
}
INLINE void store_float(float* p, int64 i, vfloat v) {
  Packet<float> s;
  UNROLL for (int k = 0; k < LANES; ++k) s.lane[k] = v.lane[k];
  *reinterpret_cast<Packet<float>*>(p + i) = s;
}

// ---- functions of a vector, lane by lane ----
/// a >= b ? yes : no.
INLINE vfloat where_at_least(vfloat a, float b, vfloat yes, vfloat no) {
  LANEWISE(r, a.lane[k] >= b ? yes.lane[k] : no.lane[k]);
  return r;
}
/// a b + c in one rounding.
INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) {
  LANEWISE(r, fmaf(a.lane[k], b.lane[k], c.lane[k]));
  return r;
}
INLINE vfloat above_zero(vfloat a) {
  LANEWISE(r, a.lane[k] > 0.0f ? 1.0f : 0.0f);
  return r;
}
/// max(a, 0); a NaN stays a NaN.
INLINE vfloat relu(vfloat a) {
  LANEWISE(r, a.lane[k] < 0.0f ? 0.0f : a.lane[k]);
  return r;
}
INLINE vfloat absolute(vfloat a) {
  LANEWISE(r, fabsf(a.lane[k]));
  return r;
}
INLINE vfloat exponential(vfloat a) {
  LANEWISE(r, expf(a.lane[k]));
  return r;
}
INLINE vfloat square_root(vfloat a) {
  LANEWISE(r, sqrtf(a.lane[k]));
  return r;
}
INLINE float lane_sum(vfloat a) {
  float s = 0;
  UNROLL for (int k = 0; k < LANES; ++k) s += a.lane[k];
  return s;
}
INLINE float scalar_exp(float a) { return expf(a); }
INLINE float scalar_log(float a) { return logf(a); }
INLINE float scalar_sqrt(float a) { return sqrtf(a); }
