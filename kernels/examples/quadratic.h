// A quadratic integrate-and-fire neuron for --neuron-file: Ermentrout & Kopell, Parabolic bursting in an
// excitable system coupled with a slow oscillation, SIAM J. Appl. Math. 46:233-253, 1986, in the form of
// Gerstner, Kistler, Naud & Paninski, Neuronal Dynamics (2014), section 5.3:
//
//   tau dv/dt = a (v - v_rest) (v - v_c) + R I
//
// With v_rest = v_reset, v_c halfway to the threshold, a = 1 / (v_c - v_rest), R I / tau = x and a step of 1:
//
//   h = v + k (v - v_reset) ((v - v_reset) / (v_c - v_reset) - 1) + x,   k = 1/tau
//
// Below v_c it leaks towards v_reset, as LIF does close to it; above, it runs towards the threshold by itself.
// The threshold is soft reset's too: HARD_RESET is 0 with --v-reset none. The functions are explained in
// kernels/neuron_dynamics.h, what they may call in kernels/portable.h.

INLINE vfloat charge(vfloat v, vfloat x, Constants c) {
  const vfloat u = v - c.v_reset;
  const float slope = 2.0f / (c.v_th - c.v_reset);  // 1 / (v_c - v_reset)
  return v + c.k * u * (u * slope - 1.0f) + x;
}

INLINE vfloat charge_dv(vfloat v, vfloat x, Constants c) {
  const vfloat u = v - c.v_reset;
  const float slope = 2.0f / (c.v_th - c.v_reset);
  return 1.0f + c.k * (2.0f * slope * u - 1.0f);
}

INLINE vfloat charge_dx(vfloat v, vfloat x, Constants c) { return splat(1.0f); }

INLINE vfloat fire(vfloat h, Constants c) {
  return where_at_least(h, c.v_th, splat(1.0f), splat(0.0f));
}

// surrogate is the one that --surrogate names.
INLINE vfloat fire_dh(vfloat h, Constants c, float alpha) { return surrogate(h - c.v_th, alpha); }

INLINE vfloat reset(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return h + s * (c.v_reset - h);
#else
  return h - s * c.v_th;
#endif
}

INLINE vfloat reset_dh(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return 1.0f - s;
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
