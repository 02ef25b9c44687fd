// portable.h for OpenCL C 1.2: vfloat is floatN. OpenCL has no bfloat16, so storage is float or half.
#pragma once
#pragma OPENCL FP_CONTRACT OFF

typedef long int64;

#define GLOBAL __global
#define RESTRICT restrict
#define INLINE static inline __attribute__((always_inline))
#define ROLLED _Pragma("unroll 1")
#define UNROLL _Pragma("unroll")

#define KERNEL(name, ...) __kernel void name(__VA_ARGS__)
#define FOR_EACH(i, n) for (int64 i = get_global_id(0); i < (n); i += get_global_size(0))
#define FOR_EACH_ROW(r, rows) for (int64 r = get_global_id(1); r < (rows); r += get_global_size(1))
#define FOR_EACH_COLUMN(c, columns) \
  for (int64 c = get_global_id(0); c < (columns); c += get_global_size(0))

// A work item keeps to its columns, so it takes all rows of a chunk together.
#define ROW_BLOCK(streams) 0x7fffffff

// ---- vectors ----
#if LANES == 1
typedef float vfloat;
#define CHOOSE(condition, a, b) ((condition) ? (a) : (b))
#else
typedef PASTE(float, LANES) vfloat;
#define CHOOSE(condition, a, b) select((vfloat)(b), (vfloat)(a), (condition))
#endif

INLINE vfloat splat(float a) { return (vfloat)(a); }

INLINE vfloat load_float(const __global float* p, int64 i) {
#if LANES == 1
  return p[i];
#else
  return PASTE(vload, LANES)(0, p + i);
#endif
}

INLINE void store_float(__global float* p, int64 i, vfloat v) {
#if LANES == 1
  p[i] = v;
#else
  PASTE(vstore, LANES)(v, 0, p + i);
#endif
}

// ---- storage ----
#if STORAGE == STORAGE_FLOAT
typedef float storage;
INLINE vfloat load(const __global storage* p, int64 i) { return load_float(p, i); }
INLINE void store(__global storage* p, int64 i, vfloat v) { store_float(p, i, v); }
INLINE float load_one(const __global storage* p, int64 i) { return p[i]; }
#elif STORAGE == STORAGE_HALF
typedef half storage;
INLINE vfloat load(const __global storage* p, int64 i) {
#if LANES == 1
  return vload_half(0, p + i);
#else
  return PASTE(vload_half, LANES)(0, p + i);
#endif
}
INLINE void store(__global storage* p, int64 i, vfloat v) {
#if LANES == 1
  vstore_half(v, 0, p + i);
#else
  PASTE(vstore_half, LANES)(v, 0, p + i);
#endif
}
INLINE float load_one(const __global storage* p, int64 i) { return vload_half(i, p); }
#else
#error "OpenCL has no bfloat16: use float or half storage"
#endif

// ---- loads ahead of their use, as portable_cuda.h has them ----
// Compilers for OpenCL order loads themselves, so a packet is a place in memory.
#define PARTS 1
#define VECTOR LANES
// Steps of time whose potentials a backward pass holds: all.
#define MOST_HELD 32
typedef const __global storage* packet;
INLINE packet fetch(const __global storage* p, int64 i) { return p + i; }
INLINE vfloat value(packet p, int part) { return load(p, 0); }
// A store between loads from the same place in other tensors holds these up, so stores come last.
#define SENDS_LATE 1
typedef vfloat outgoing;
INLINE void put(outgoing* s, int part, vfloat v) { *s = v; }
INLINE void send(__global storage* p, int64 i, outgoing s) { store(p, i, s); }
#define word_of(value) 0u
INLINE void hold(packet* s, int part, unsigned words) {}
INLINE void hold_vector(vfloat* v, unsigned words) {}
INLINE int64 after(int64 i, unsigned words) { return i; }

// ---- functions of a vector, lane by lane ----
/// a >= b ? yes : no.
INLINE vfloat where_at_least(vfloat a, float b, vfloat yes, vfloat no) {
  return CHOOSE(a >= b, yes, no);
}
/// a b + c: in one rounding where the device does it in one instruction.
INLINE vfloat multiply_add(vfloat a, vfloat b, vfloat c) {
#ifdef FP_FAST_FMAF
  return fma(a, b, c);
#else
  return a * b + c;
#endif
}
INLINE vfloat above_zero(vfloat a) { return CHOOSE(a > 0.0f, 1.0f, 0.0f); }
/// max(a, 0); a NaN stays a NaN.
INLINE vfloat relu(vfloat a) { return CHOOSE(a < 0.0f, 0.0f, a); }
INLINE vfloat absolute(vfloat a) { return fabs(a); }
INLINE vfloat divide(float a, vfloat b) { return a / b; }
INLINE vfloat exponential(vfloat a) { return exp(a); }
INLINE vfloat square_root(vfloat a) { return sqrt(a); }
INLINE float lane_sum(vfloat a) {
#if LANES == 1
  return a;
#else
  float lanes[LANES];
  PASTE(vstore, LANES)(a, 0, lanes);
  float s = 0;
  for (int k = 0; k < LANES; ++k) s += lanes[k];
  return s;
#endif
}

// ---- lanes that are not channels ----
/// Lane k is p[i + k stride].
INLINE vfloat load_strided(const __global float* p, int64 i, int64 stride) {
#if LANES == 1
  return p[i];
#else
  float lanes[LANES];
  for (int k = 0; k < LANES; ++k) lanes[k] = p[i + k * stride];
  return PASTE(vload, LANES)(0, lanes);
#endif
}
INLINE void store_strided(__global float* p, int64 i, int64 stride, vfloat v) {
#if LANES == 1
  p[i] = v;
#else
  float lanes[LANES];
  PASTE(vstore, LANES)(v, 0, lanes);
  for (int k = 0; k < LANES; ++k) p[i + k * stride] = lanes[k];
#endif
}
/// The numbers that the bytes are.
INLINE vfloat load_bytes(const __global uchar* p, int64 i) {
#if LANES == 1
  return p[i];
#else
  return PASTE(convert_float, LANES)(PASTE(vload, LANES)(0, p + i));
#endif
}
/// The bytes that the numbers, whole and from 0 to 255, are.
INLINE void store_bytes(__global uchar* p, int64 i, vfloat v) {
#if LANES == 1
  p[i] = (uchar)v;
#else
  PASTE(vstore, LANES)(PASTE(convert_uchar, LANES)(v), 0, p + i);
#endif
}
/// The bits of the lanes from i on: 1 where a number is not 0.
INLINE void store_bits(__global uchar* p, int64 i, vfloat v) {
#if LANES == 1
  p[i] = v != 0;
#else
  float lanes[LANES];
  PASTE(vstore, LANES)(v, 0, lanes);
  for (int first = 0; first < LANES; first += PACKED_LANES) {
    uint bits = 0;
    for (int k = 0; k < PACKED_LANES; ++k) bits |= (lanes[first + k] != 0 ? 1u : 0u) << k;
    p[(i + first) / PACKED_LANES] = bits;
  }
#endif
}
/// The numbers, 0 or 1, that the bits are.
INLINE vfloat load_bits(const __global uchar* p, int64 i) {
#if LANES == 1
  return p[i];
#else
  float lanes[LANES];
  for (int k = 0; k < LANES; ++k) lanes[k] = p[(i + k) / PACKED_LANES] >> k % PACKED_LANES & 1;
  return PASTE(vload, LANES)(0, lanes);
#endif
}
/// What was sent, packed.
INLINE void send_bits(__global uchar* p, int64 i, outgoing s) { store_bits(p, i, s); }
INLINE void send_bytes(__global uchar* p, int64 i, outgoing s) { store_bytes(p, i, s); }
/// a > b ? yes : no.
INLINE vfloat where_more(vfloat a, vfloat b, vfloat yes, vfloat no) { return CHOOSE(a > b, yes, no); }
/// a > b, or a is a NaN ? yes : no.
INLINE vfloat where_more_or_nan(vfloat a, vfloat b, vfloat yes, vfloat no) {
  return CHOOSE((a > b) | (a != a), yes, no);
}
/// a == b ? yes : no.
INLINE vfloat where_equal(vfloat a, float b, vfloat yes, vfloat no) { return CHOOSE(a == b, yes, no); }
/// e^a to three units in the last place, as OpenCL has it.
INLINE vfloat lane_exp(vfloat a) { return exp(a); }
INLINE vfloat lane_log(vfloat a) { return log(a); }
INLINE float scalar_exp(float a) { return exp(a); }
INLINE float scalar_log(float a) { return log(a); }
INLINE float scalar_sqrt(float a) { return sqrt(a); }
