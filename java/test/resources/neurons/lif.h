// SAKD's own LIF neuron as a user's file, to be compared with it.

INLINE vfloat charge(vfloat v, vfloat x, Constants c) {
#if DECAY_INPUT
  return v + c.k * (x - (v - c.v_reset));
#else
  return v - c.k * (v - c.v_reset) + x;
#endif
}
INLINE vfloat charge_dv(vfloat v, vfloat x, Constants c) { return splat(1.0f - c.k); }
INLINE vfloat charge_dx(vfloat v, vfloat x, Constants c) { return splat(DECAY_INPUT ? c.k : 1.0f); }

INLINE vfloat fire(vfloat h, Constants c) {
  return where_at_least(h, c.v_th, splat(1.0f), splat(0.0f));
}
INLINE vfloat fire_dh(vfloat h, Constants c, float alpha) { return surrogate(h - c.v_th, alpha); }

INLINE vfloat reset(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return h + s * (c.v_reset - h);
#else
  return h - s * c.v_th;
#endif
}
INLINE vfloat reset_dh(vfloat h, vfloat s, Constants c) { return HARD_RESET ? 1.0f - s : splat(1.0f); }
INLINE vfloat reset_ds(vfloat h, vfloat s, Constants c) {
#if HARD_RESET
  return c.v_reset - h;
#else
  return splat(-c.v_th);
#endif
}
