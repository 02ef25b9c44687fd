// portable.h for CUDA C++ (nvcc or NVRTC): vfloat is LANES floats in registers; LANES *
// sizeof(storage) = 16 makes every access of storage one 16-byte instruction.
#pragma once

typedef long long int64;
typedef unsigned char uchar;

#define GLOBAL
#define RESTRICT __restrict__
#define INLINE static __device__ __forceinline__
#define ROLLED _Pragma("unroll 1")
#define UNROLL _Pragma("unroll")

// No launch has more threads a block.
#define BLOCK 256
#define KERNEL(name, ...) extern "C" __global__ void __launch_bounds__(BLOCK, BLOCKS) name(__VA_ARGS__)
#define GRID_START(d) ((int64)blockIdx.d * blockDim.d + threadIdx.d)
#define GRID_STRIDE(d) ((int64)gridDim.d * blockDim.d)
#define FOR_EACH(i, n) for (int64 i = GRID_START(x); i < (n); i += GRID_STRIDE(x))
#define FOR_EACH_ROW(r, rows) for (int64 r = GRID_START(y); r < (rows); r += GRID_STRIDE(y))
#define FOR_EACH_COLUMN(c, columns) for (int64 c = GRID_START(x); c < (columns); c += GRID_STRIDE(x))

// A thread keeps to its columns, so it takes all rows of a chunk together.
#define ROW_BLOCK(streams) 0x7fffffff

// ---- vectors ----
// Where a thread computes much of what it reads, it has not the registers to do so for all LANES of an
// item at a time. Such a file defines IN_PARTS and takes PARTS vectors one after another, each of as many
// lanes as the item's LANES numbers of storage fill registers.
#if defined(IN_PARTS) && STORAGE != STORAGE_FLOAT && LANES > 2
#define PARTS 2
#else
#define PARTS 1
#endif
#define VECTOR (LANES / PARTS)

struct vfloat {
  float lane[VECTOR];
};

#define LANEWISE(result, expression)                         \
  vfloat result;                                             \
  UNROLL for (int k = 0; k < VECTOR; ++k) result.lane[k] = (expression)

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
    UNROLL for (int k = 0; k < VECTOR; ++k) a.lane[k] op##= b.lane[k]; \
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

// ---- instructions ----
// Who runs this text elsewhere than on a GPU defines INSTRUCTIONS and brings them.
#ifndef INSTRUCTIONS
// nvcc also reads this for the processor, where __CUDA_ARCH__ is none.
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
INLINE unsigned floats_to_bfloat16(float low, float high) {
  unsigned word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}
INLINE unsigned floats_to_half(float low, float high) {
  unsigned word;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
  return word;
}
/// The larger; a NaN if one is.
INLINE float larger(float a, float b) {
  float c;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(c) : "f"(a), "f"(b));
  return c;
}
#else
INLINE unsigned floats_to_half(float low, float high) {
  unsigned short a, b;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(a) : "f"(low));
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(b) : "f"(high));
  return a | (unsigned)b << 16;
}
INLINE float larger(float a, float b) { return a < b || b != b ? b : a; }
#endif
INLINE float half_to_float(unsigned short s) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(s));
  return f;
}
/// 1 / a but for the last bit, and 0 beyond 2^126.
INLINE float reciprocal(float a) {
  float b;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(b) : "f"(a));
  return b;
}
/// e^a but for the last bits.
INLINE float quick_exp(float a) { return __expf(a); }
// Loads of what no thread writes while the kernel runs, in the order of the text.
INLINE uint4 load_ahead(const uint4* p) {
  uint4 v;
  asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(p));
  return v;
}
INLINE uint2 load_ahead(const uint2* p) {
  uint2 v;
  asm volatile("ld.global.nc.v2.u32 {%0, %1}, [%2];" : "=r"(v.x), "=r"(v.y) : "l"(p));
  return v;
}
INLINE unsigned load_ahead(const unsigned* p) {
  unsigned v;
  asm volatile("ld.global.nc.u32 %0, [%1];" : "=r"(v) : "l"(p));
  return v;
}
INLINE unsigned short load_ahead(const unsigned short* p) {
  unsigned short v;
  asm volatile("ld.global.nc.u16 %0, [%1];" : "=h"(v) : "l"(p));
  return v;
}
// Stores in one piece: a compiler cuts one up whose words come from different places.
INLINE void store_whole(uint4* p, uint4 v) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};"
               :
               : "l"(p), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w)
               : "memory");
}
INLINE void store_whole(uint2* p, uint2 v) {
  asm volatile("st.global.v2.u32 [%0], {%1, %2};" : : "l"(p), "r"(v.x), "r"(v.y) : "memory");
}
#endif

// ---- storage ----
#if STORAGE == STORAGE_FLOAT
typedef float storage;
INLINE float from_storage(storage s) { return s; }
#else
typedef unsigned short storage;
#if STORAGE == STORAGE_BFLOAT16
INLINE float from_storage(storage s) { return __uint_as_float((unsigned)s << 16); }
INLINE unsigned to_storage(float low, float high) { return floats_to_bfloat16(low, high); }
#else
INLINE float from_storage(storage s) { return half_to_float(s); }
INLINE unsigned to_storage(float low, float high) { return floats_to_half(low, high); }
#endif
#endif

/// LANES numbers as memory holds them: one access of up to 16 bytes.
#define PACKET_BYTES ((STORAGE == STORAGE_FLOAT ? 4 : 2) * LANES)
#if PACKET_BYTES == 2
typedef unsigned short packet;
#elif PACKET_BYTES == 4
typedef unsigned packet;
#elif PACKET_BYTES == 8
typedef uint2 packet;
#elif PACKET_BYTES == 16
typedef uint4 packet;
#else
#error "LANES numbers of storage are 16 bytes at most"
#endif
// Steps of time that a neuron's passes hold: 64 bytes, 16 registers, of each tensor they read.
#define MOST_HELD (64 / PACKET_BYTES)

/// The same in words of 32 bits.
struct alignas(PACKET_BYTES > 4 ? PACKET_BYTES : 4) Words {
  unsigned word[(PACKET_BYTES + 3) / 4];
};
INLINE Words words_of(packet s) {
  Words w = {};
  *reinterpret_cast<packet*>(&w) = s;
  return w;
}
INLINE packet packet_of(Words w) { return *reinterpret_cast<packet*>(&w); }

/// Vector `part` of a packet.
INLINE vfloat value(packet s, int part) {
  const Words w = words_of(s);
  const int first = part * VECTOR;
#if STORAGE == STORAGE_FLOAT
  LANEWISE(r, __uint_as_float(w.word[first + k]));
#elif STORAGE == STORAGE_BFLOAT16
  LANEWISE(r, __uint_as_float((first + k) % 2 ? w.word[(first + k) / 2] & 0xffff0000u
                                              : w.word[(first + k) / 2] << 16));
#else
  LANEWISE(r, half_to_float((unsigned short)(w.word[(first + k) / 2] >> (first + k) % 2 * 16)));
#endif
  return r;
}

/// A packet to be stored: put() its vectors, then send() it; at once, since registers are few.
#define SENDS_LATE 0
typedef packet outgoing;
INLINE void put(outgoing* s, int part, vfloat v) {
#if PACKET_BYTES == 2
  *s = (storage)to_storage(v.lane[0], v.lane[0]);
#else
  Words w = words_of(*s);
#if STORAGE == STORAGE_FLOAT
  UNROLL for (int k = 0; k < VECTOR; ++k) w.word[part * VECTOR + k] = __float_as_uint(v.lane[k]);
#else
  UNROLL for (int k = 0; k < VECTOR; k += 2) {
    w.word[(part * VECTOR + k) / 2] = to_storage(v.lane[k], v.lane[k + 1]);
  }
#endif
  *s = packet_of(w);
#endif
}
// STREAM: stores of activations are the first to leave the second-level cache, for outputs larger
// than it holds until they are read.
INLINE void send(storage* p, int64 i, outgoing s) {
#if STREAM
  __stcs(reinterpret_cast<packet*>(p + i), s);
#elif PACKET_BYTES > 4
  store_whole(reinterpret_cast<packet*>(p + i), s);
#else
  *reinterpret_cast<packet*>(p + i) = s;
#endif
}

#if PARTS == 1
INLINE float load_one(const storage* p, int64 i) { return from_storage(p[i]); }
INLINE vfloat load(const storage* p, int64 i) {
  return value(*reinterpret_cast<const packet*>(p + i), 0);
}
INLINE void store(storage* p, int64 i, vfloat v) {
  outgoing s = {};
  put(&s, 0, v);
  send(p, i, s);
}
#endif

// ---- loads ahead of their use ----
// A compiler puts a load where its value is used, and a thread then waits for one after the other.
// fetch() is a load for value() to take up later, of memory that the kernel does not write. hold() lets
// `part` of a packet be used only when other values are there, of which it takes a word each, or any of
// them joined by |: their loads are then under way too, or their vectors done. hold_vector() and after()
// do so for a vector and an index. They add the words AND blockDim.z - 1. That is 0 in every launch, so
// nothing changes; but a compiler cannot know it, and waits for the words.
INLINE packet fetch(const storage* p, int64 i) {
  return load_ahead(reinterpret_cast<const packet*>(p + i));
}
INLINE unsigned word_of(packet s) { return words_of(s).word[0]; }
INLINE unsigned word_of(vfloat v) { return __float_as_uint(v.lane[0]); }
INLINE void hold(packet* s, int part, unsigned words) {
  Words w = words_of(*s);
  const int count = sizeof w / 4 / PARTS;
  UNROLL for (int k = 0; k < count; ++k) w.word[part * count + k] |= words & (blockDim.z - 1);
  *s = packet_of(w);
}
INLINE void hold_vector(vfloat* v, unsigned words) {
  UNROLL for (int k = 0; k < VECTOR; ++k) {
    v->lane[k] = __uint_as_float(__float_as_uint(v->lane[k]) | (words & (blockDim.z - 1)));
  }
}
INLINE int64 after(int64 i, unsigned words) { return i + (words & (blockDim.z - 1)); }

// ---- float32 ----
/// A vector of 4-byte numbers, which moves in accesses of up to 16 bytes.
struct alignas(VECTOR > 4 ? 16 : 4 * VECTOR) Floats {
  float lane[VECTOR];
};
INLINE vfloat load_float(const float* p, int64 i) {
  const Floats s = *reinterpret_cast<const Floats*>(p + i);
  LANEWISE(r, s.lane[k]);
  return r;
}
INLINE void store_float(float* p, int64 i, vfloat v) {
  Floats s;
  UNROLL for (int k = 0; k < VECTOR; ++k) s.lane[k] = v.lane[k];
  *reinterpret_cast<Floats*>(p + i) = s;
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
  LANEWISE(r, larger(a.lane[k], 0.0f));
  return r;
}
INLINE vfloat absolute(vfloat a) {
  LANEWISE(r, fabsf(a.lane[k]));
  return r;
}
/// a / b but for the last bits.
INLINE vfloat divide(float a, vfloat b) {
  LANEWISE(r, a * reciprocal(b.lane[k]));
  return r;
}
INLINE vfloat exponential(vfloat a) {
  LANEWISE(r, quick_exp(a.lane[k]));
  return r;
}
INLINE vfloat square_root(vfloat a) {
  LANEWISE(r, sqrtf(a.lane[k]));
  return r;
}
INLINE float lane_sum(vfloat a) {
  float s = 0;
  UNROLL for (int k = 0; k < VECTOR; ++k) s += a.lane[k];
  return s;
}

// ---- lanes that are not channels ----
/// Lane k is p[i + k stride].
INLINE vfloat load_strided(const float* p, int64 i, int64 stride) {
  LANEWISE(r, p[i + k * stride]);
  return r;
}
INLINE void store_strided(float* p, int64 i, int64 stride, vfloat v) {
  UNROLL for (int k = 0; k < VECTOR; ++k) p[i + k * stride] = v.lane[k];
}
/// A vector of bytes, which moves in one access.
struct alignas(VECTOR) Bytes {
  uchar lane[VECTOR];
};
/// The numbers that the bytes are.
INLINE vfloat load_bytes(const uchar* p, int64 i) {
  const Bytes b = *reinterpret_cast<const Bytes*>(p + i);
  LANEWISE(r, b.lane[k]);
  return r;
}
/// The bytes that the numbers, whole and from 0 to 255, are.
INLINE void store_bytes(uchar* p, int64 i, vfloat v) {
  Bytes b;
  UNROLL for (int k = 0; k < VECTOR; ++k) b.lane[k] = (uchar)v.lane[k];
  *reinterpret_cast<Bytes*>(p + i) = b;
}
/// The numbers, 0 or 1, that the bits of the lanes from i on are.
INLINE vfloat load_bits(const uchar* p, int64 i) {
  const unsigned bits = p[i / PACKED_LANES];
  LANEWISE(r, (float)(bits >> k & 1u));
  return r;
}
/// What was sent, packed: of each lane the bit, 1 where its number is not 0.
INLINE void send_bits(uchar* p, int64 i, outgoing s) {
  const Words w = words_of(s);
  unsigned bits = 0;
  UNROLL for (int k = 0; k < LANES; ++k) {
#if STORAGE == STORAGE_FLOAT
    bits |= (w.word[k] != 0 ? 1u : 0u) << k;
#else
    bits |= ((w.word[k / 2] >> k % 2 * 16 & 0xffffu) != 0 ? 1u : 0u) << k;
#endif
  }
  p[i / PACKED_LANES] = (uchar)bits;
}
/// The same of each lane the byte that its number, whole and from 0 to 255, is.
INLINE void send_bytes(uchar* p, int64 i, outgoing s) {
  unsigned words[(LANES + 3) / 4] = {};
  UNROLL for (int part = 0; part < PARTS; ++part) {
    const vfloat v = value(s, part);
    UNROLL for (int k = 0; k < VECTOR; ++k) {
      const int lane = part * VECTOR + k;
      words[lane / 4] |= (unsigned)v.lane[k] << lane % 4 * 8;
    }
  }
#if LANES == 8
  uint2 both;
  both.x = words[0];
  both.y = words[1];
  *reinterpret_cast<uint2*>(p + i) = both;
#elif LANES == 4
  *reinterpret_cast<unsigned*>(p + i) = words[0];
#elif LANES == 2
  *reinterpret_cast<unsigned short*>(p + i) = (unsigned short)words[0];
#else
  p[i] = (uchar)words[0];
#endif
}
/// a > b ? yes : no.
INLINE vfloat where_more(vfloat a, vfloat b, vfloat yes, vfloat no) {
  LANEWISE(r, a.lane[k] > b.lane[k] ? yes.lane[k] : no.lane[k]);
  return r;
}
/// a > b, or a is a NaN ? yes : no.
INLINE vfloat where_more_or_nan(vfloat a, vfloat b, vfloat yes, vfloat no) {
  LANEWISE(r, a.lane[k] > b.lane[k] || a.lane[k] != a.lane[k] ? yes.lane[k] : no.lane[k]);
  return r;
}
/// a == b ? yes : no.
INLINE vfloat where_equal(vfloat a, float b, vfloat yes, vfloat no) {
  LANEWISE(r, a.lane[k] == b ? yes.lane[k] : no.lane[k]);
  return r;
}
/// e^a to two units in the last place.
INLINE vfloat lane_exp(vfloat a) {
  LANEWISE(r, expf(a.lane[k]));
  return r;
}
INLINE vfloat lane_log(vfloat a) {
  LANEWISE(r, logf(a.lane[k]));
  return r;
}
INLINE float scalar_exp(float a) { return expf(a); }
INLINE float scalar_log(float a) { return logf(a); }
INLINE float scalar_sqrt(float a) { return sqrtf(a); }
