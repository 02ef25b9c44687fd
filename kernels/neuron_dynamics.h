// One step of a spiking neuron and its derivative; the equations are at the head of neuron.cu.
//
// -D: LEAK, HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE. To be included once for each setting.
#include "portable.h"

#define LEAK_NONE 0
#define LEAK_CONSTANT 1
#define LEAK_LEARNABLE 2
#define SURROGATE_TRIANGLE 0
#define SURROGATE_ATAN 1
#define SURROGATE_SIGMOID 2
#define SURROGATE_RECTANGLE 3

/// h of the step after v, with the terms of v gathered: v (1 - k) + y + v_reset k, or (y + v_reset) k.
INLINE vfloat charge(vfloat v, vfloat y, float k, float v_reset) {
#if LEAK == LEAK_NONE
  return v + y;
#elif DECAY_INPUT
  return multiply_add(v, splat(1.0f - k), (y + v_reset) * k);
#else
  return multiply_add(v, splat(1.0f - k), y + v_reset * k);
#endif
}

INLINE vfloat fire(vfloat h, float v_th) {
  return where_at_least(h, v_th, splat(1.0f), splat(0.0f));
}

INLINE vfloat reset(vfloat h, float v_th, float v_reset) {
#if HARD_RESET
  return where_at_least(h, v_th, splat(v_reset), h);
#else
  return where_at_least(h, v_th, h - v_th, h);
#endif
}

/// The surrogate of ds/dh at u = h - v_th: triangle max(0, a - |u|) / a^2, atan
/// a/2 / (1 + (pi/2 a u)^2), sigmoid a sig(au) (1 - sig(au)), rectangle 1/a for |u| < a/2.
INLINE vfloat surrogate(vfloat u, float a) {
#if SURROGATE == SURROGATE_TRIANGLE
  return relu(a - absolute(u)) * (1.0f / (a * a));
#elif SURROGATE == SURROGATE_ATAN
  const vfloat w = u * (1.57079632679489662f * a);
  return divide(a * 0.5f, 1.0f + w * w);
#elif SURROGATE == SURROGATE_SIGMOID
  const vfloat sig = divide(1.0f, 1.0f + exponential(-(u * a)));
  return a * (sig * (1.0f - sig));
#else
  return above_zero(0.5f * a - absolute(u)) * (1.0f / a);
#endif
}

/// The gradient by h of a step, from g, that by its spike, and gv, that by the potential after it.
INLINE vfloat step_back(vfloat g, vfloat gv, vfloat h, float v_th, float v_reset, float alpha) {
  const vfloat sg = surrogate(h - v_th, alpha);
#if HARD_RESET
  vfloat dv = where_at_least(h, v_th, splat(0.0f), splat(1.0f));
#if !DETACH_RESET
  dv = multiply_add(v_reset - h, sg, dv);
#endif
#else
  vfloat dv = splat(1.0f);
#if !DETACH_RESET
  dv = dv - v_th * sg;
#endif
#endif
  return multiply_add(g, sg, gv * dv);
}
