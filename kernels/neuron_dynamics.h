// One step of a spiking neuron and its derivative; the equations are at the head of neuron.cu.
//
// A neuron is eight functions of these values, lane by lane, and where CUSTOM is set a user's file brings
// them in place of those here (--neuron-file; kernels/examples/quadratic.h is one):
//
//   h = charge(v, x, c)                the potential v of the step before takes in the input x
//   charge_dv(v, x, c), charge_dx(v, x, c)                       dh/dv and dh/dx
//   s = fire(h, c)                     1 where it fires, else 0
//   fire_dh(h, c, alpha)               what stands for ds/dh in the backward pass, of shape alpha; >= 0
//   v = reset(h, s, c)                 the potential after the step
//   reset_dh(h, s, c), reset_ds(h, s, c)      dv/dh at a fixed s, and reset(h, 1, c) - reset(h, 0, c)
//
// With g the gradient by s and gv that by v,
//
//   gh = g fire_dh + gv (reset_dh + reset_ds fire_dh),   gv[t-1] = gh charge_dv,   gx = gh charge_dx
//
// without the term of reset_ds where DETACH_RESET is set. The backward pass calls them again, so they
// depend on nothing but their arguments.
//
// -D: LEAK, HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE; CUSTOM, and then NEURON_FILE, the name of the
// user's file. To be included once for each setting.
#include "portable.h"

#ifndef CUSTOM
#define CUSTOM 0
#endif

#define LEAK_NONE 0
#define LEAK_CONSTANT 1
#define LEAK_LEARNABLE 2
#define SURROGATE_TRIANGLE 0
#define SURROGATE_ATAN 1
#define SURROGATE_SIGMOID 2
#define SURROGATE_RECTANGLE 3

/// What a neuron's functions know besides: k = 1/tau, the threshold, and the potential at the start, which
/// is that after a spike too but where HARD_RESET is 0 (it is 0 then).
typedef struct {
  float k, v_th, v_reset;
} Constants;

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

#if CUSTOM
#include NEURON_FILE
#else

/// With the terms of v gathered: v (1 - k) + x + v_reset k, or (x + v_reset) k.
INLINE vfloat charge(vfloat v, vfloat x, Constants c) {
#if LEAK == LEAK_NONE
  return v + x;
#elif DECAY_INPUT
  return multiply_add(v, splat(1.0f - c.k), (x + c.v_reset) * c.k);
#else
  return multiply_add(v, splat(1.0f - c.k), x + c.v_reset * c.k);
#endif
}
INLINE vfloat charge_dv(vfloat v, vfloat x, Constants c) {
  return splat(LEAK == LEAK_NONE ? 1.0f : 1.0f - c.k);
}
INLINE vfloat charge_dx(vfloat v, vfloat x, Constants c) {
  return splat(LEAK != LEAK_NONE && DECAY_INPUT ? c.k : 1.0f);
}

INLINE vfloat fire(vfloat h, Constants c) {
  return where_at_least(h, c.v_th, splat(1.0f), splat(0.0f));
}
INLINE vfloat fire_dh(vfloat h, Constants c, float alpha) { return surrogate(h - c.v_th, alpha); }

// By h, which says what s is: one comparison less.
INLINE vfloat reset(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return where_at_least(h, c.v_th, splat(c.v_reset), h);
#else
  return where_at_least(h, c.v_th, h - c.v_th, h);
#endif
}
INLINE vfloat reset_dh(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return where_at_least(h, c.v_th, splat(0.0f), splat(1.0f));
#else
  return splat(1.0f);
#endif
}
INLINE vfloat reset_ds(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return c.v_reset - h;
#else
  return splat(-c.v_th);
#endif
}
#endif

/// v of a step, from h.
INLINE vfloat potential_after(vfloat h, Constants c) { return reset(h, fire(h, c), c); }

/// The gradient by h of a step, from g, that by its spike, and gv, that by the potential after it.
INLINE vfloat step_back(vfloat g, vfloat gv, vfloat h, Constants c, float alpha) {
  const vfloat s = fire(h, c), sg = fire_dh(h, c, alpha);
  vfloat dv = reset_dh(h, s, c);
#if !DETACH_RESET && HARD_RESET
  dv = multiply_add(reset_ds(h, s, c), sg, dv);
#elif !DETACH_RESET
  dv = dv - (-reset_ds(h, s, c)) * sg;
#endif
  return multiply_add(g, sg, gv * dv);
}
