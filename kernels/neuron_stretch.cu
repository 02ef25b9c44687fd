// A spiking neuron alone over a stretch of STEPS steps of a longer time: the potential is handed from
// one stretch to the next, so time may be longer than registers hold. The equations are at the head of
// neuron.cu; here y = x, and there is neither a norm nor a residual.
//
// x, out and their gradients are [STEPS, n]; potentials and their gradients float [n]. An item is LANES
// neighbouring elements.
//
// -D: STEPS, LEAK (LEAK_NONE or LEAK_CONSTANT), HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE.
#include "portable.h"
#include "neuron_dynamics.h"

#define STEP(t) (((t) * items + item) * LANES)

// out and after, the potential after the last step, are assigned.
KERNEL(neuron_stretch, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT before,
       GLOBAL storage* RESTRICT out, GLOBAL float* RESTRICT after, float leak, float v_th,
       float v_reset, int64 items) {
  FOR_EACH(item, items) {
    vfloat v = load_float(before, item * LANES);
    UNROLL for (int t = 0; t < STEPS; ++t) {
      const vfloat h = charge(v, load(x, STEP(t)), leak, v_reset);
      v = reset(h, v_th, v_reset);
      store(out, STEP(t), fire(h, v_th));
    }
    store_float(after, item * LANES, v);
  }
}

// grad_x is assigned; grad_v holds the gradient by the potential after the stretch, and then that by
// the potential before it.
KERNEL(neuron_stretch_backward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT before,
       GLOBAL const storage* RESTRICT grad_out, GLOBAL float* RESTRICT grad_v,
       GLOBAL storage* RESTRICT grad_x, float leak, float v_th, float v_reset, float alpha,
       int64 items) {
  FOR_EACH(item, items) {
    vfloat h[STEPS];
    vfloat v = load_float(before, item * LANES);
    UNROLL for (int t = 0; t < STEPS; ++t) {
      h[t] = charge(v, load(x, STEP(t)), leak, v_reset);
      v = reset(h[t], v_th, v_reset);
    }
    vfloat gv = load_float(grad_v, item * LANES);
    UNROLL for (int t = STEPS - 1; t >= 0; --t) {
      const vfloat gh = step_back(load(grad_out, STEP(t)), gv, h[t], v_th, v_reset, alpha);
      store(grad_x, STEP(t), DECAY_INPUT ? gh * leak : gh);
      gv = gh * (1.0f - leak);
    }
    store_float(grad_v, item * LANES, gv);
  }
}
